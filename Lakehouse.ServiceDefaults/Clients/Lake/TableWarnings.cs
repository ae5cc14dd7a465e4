using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Lakehouse.ServiceDefaults.Clients.Lake;

/// <summary>Logs what could not be done for a table beside its commits, once for each table and state: a table that is committed to every
/// second would say the same every second.</summary>
public sealed partial class TableWarnings(ILogger<TableWarnings> logger)
{
    private readonly ConcurrentDictionary<(string Table, string What), string> _states = new();

    /// <summary>Logs a warning, unless it is the one that was logged last for this table and work.</summary>
    /// <param name="table">The table.</param>
    /// <param name="what">What could not be done, such as "its Iceberg metadata was not written".</param>
    /// <param name="state">The same for failures that say the same.</param>
    /// <param name="reason">What went wrong this time.</param>
    public void Tell(string table, string what, string state, string reason)
    {
        if (_states.TryGetValue((table, what), out string? last) && last == state) return;
        _states[(table, what)] = state;
        NotDone(logger, table, what, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Table {Table}: {What}, which is told once and tried again with later commits; none of these is lost: {Reason}")]
    private static partial void NotDone(ILogger logger, string table, string what, string reason);
}
