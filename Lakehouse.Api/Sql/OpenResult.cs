using Lakehouse.Api.Sandbox;

namespace Lakehouse.Api.Sql;

/// <summary>
/// A result between two pages: its process waits, having computed no further than was asked. Each page can be asked for
/// again until the next one is, so that an answer lost on the way costs nothing.
/// </summary>
/// <param name="sql">The statement, to say where it failed.</param>
/// <param name="process">The process that holds the rows not read yet.</param>
/// <param name="columns">The result's columns as JSON.</param>
/// <param name="tables">The versions that are read.</param>
/// <param name="limit">Rows of a page.</param>
/// <param name="timeout">Time of a page.</param>
public sealed class OpenResult(string sql, SandboxProcess process, ReadOnlyMemory<byte> columns, IReadOnlyDictionary<string, long> tables, int limit, TimeSpan timeout) : IAsyncDisposable
{
    /// <summary>Names the result to its reader; nobody guesses it.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>One page at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public string Sql => sql;

    public SandboxProcess Process => process;

    /// <summary>Whether the process is gone; a page waiting for its <see cref="Turn"/> then has nothing to read.</summary>
    public bool IsClosed { get; private set; }

    public ReadOnlyMemory<byte> Columns => columns;

    public IReadOnlyDictionary<string, long> Tables => tables;

    public int Limit => limit;

    public TimeSpan Timeout => timeout;

    /// <summary>The number of <see cref="LastPage"/>; the first page, which POST answers, is 0.</summary>
    public int LastNumber { get; set; }

    /// <summary>The page given last; null for the first, which cannot be asked for again.</summary>
    public SqlPage? LastPage { get; set; }

    public string PageAddress(int number) => $"/api/v1/sql/pages/{Id}-{number}";

    public async ValueTask DisposeAsync()
    {
        IsClosed = true;
        await process.DisposeAsync();
    }
}
