using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>Whether a bronze table that change data capture fills has come as far as the control table, or is ahead of it.</summary>
internal static class SnapshotMark
{
    /// <summary>What ingestion's Delta application ids begin with; the source's name follows, and their versions are LSNs.</summary>
    private const string Application = "cdc:";

    /// <summary>The table property that ingestion sets before it takes a table's snapshot.</summary>
    private const string Property = "lakehouse.cdc.snapshotLsn";

    private static readonly HashSet<string> ControlTables = new(["_commits", "_stopped"], StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether the control table does not cover what a version holds. Versions that it names are covered, and so are tables that
    /// it no longer names because their source went on without them. A table whose snapshot is being taken, for the first time or
    /// again, is ahead of it: beside the others it would show transactions of which they lack their part.
    /// </summary>
    /// <param name="name">The table.</param>
    /// <param name="snapshot">The version that would be read.</param>
    /// <param name="positions">The sources' positions in the control table.</param>
    public static bool IsAhead(TableName name, Snapshot snapshot, IReadOnlyDictionary<string, long> positions)
    {
        if (ControlTables.Contains(name.Name))
            return false;
        var sources = snapshot.TransactionApplications.Where(id => id.StartsWith(Application, StringComparison.Ordinal)).ToList();
        return sources.Count == 0
            ? snapshot.Configuration.ContainsKey(Property)
            : sources.Exists(id => !positions.TryGetValue(id[Application.Length..], out var position) || snapshot.TransactionVersion(id) > position);
    }
}
