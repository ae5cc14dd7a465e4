using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;

namespace Lakehouse.Api.Sandbox;

/// <summary>
/// The database of a sandbox process: one session on the lake, which is closed in on exactly the data files of the
/// tables that the query may read before any SQL of its sender runs. Our own code still reads the Delta logs and deletion
/// vectors; DuckDB, which runs the sender's SQL, reads nothing else.
/// </summary>
public sealed class SandboxDatabase : IDisposable
{
    private readonly Lake _lake;
    private readonly LakeSession _session;
    private string? _sql;
    private DuckDbResult? _result;
    private int _row;
    private bool _ended;

    private SandboxDatabase(Lake lake)
    {
        _lake = lake;
        _session = lake.OpenSession();
    }

    /// <summary>Opens the lake with DuckDB's own limits set, and runs a first query so that the real one finds everything compiled.</summary>
    public static SandboxDatabase Open(SandboxSetup setup)
    {
        LakeOptions options = new()
        {
            MemoryLimit = $"{setup.MemoryMiB}MiB",
            Threads = setup.Threads,
            TempFolder = setup.TempFolder,
        };
        SandboxDatabase database = new(Lake.Open(setup.Lake, options));
        database._session.Connection.Execute("SET temp_directory=''; SET allow_community_extensions=false; SET enable_external_file_cache=false");
        database.Warm();
        return database;
    }

    /// <summary>DuckDB's parse of the text as JSON; keeps the text for <see cref="RunAsync"/>.</summary>
    public ReadOnlyMemory<byte> Parse(string sql)
    {
        _sql = sql;
        string literal = sql.Replace("'", "''", StringComparison.Ordinal);
        using DuckDbResult parsed = _session.Connection.Query($"SELECT json_serialize_sql('{literal}')::VARCHAR");
        return parsed.NextChunk() ? parsed.Column(0).Utf8(0).ToArray() : throw new InvalidOperationException("DuckDB parsed to nothing.");
    }

    /// <summary>Shows the query its tables, shuts everything else out for good, and starts it.</summary>
    public async Task<IReadOnlyList<SqlColumn>> RunAsync(SandboxQuery query)
    {
        string sql = _sql ?? throw new InvalidDataException("A query must be parsed before it is run.");
        List<string> files = [];
        foreach (SandboxTable table in query.Tables)
        {
            TableName name = TableName.Parse(table.Name);
            Snapshot snapshot = await _lake.Table(name).SnapshotAsync(table.Version);
            await _session.DefineAsync(TableName.Parse(table.View), snapshot);
            files.AddRange(snapshot.Files.Select(file => _lake.Table(name).LocalPath(file.Path)));
        }
        CloseIn(files);
        _result = await _session.Connection.QueryAsync(sql);
        return [.. _result.Columns.Select(column => new SqlColumn(column.Name, column.Type.ToString()))];
    }

    /// <summary>The next page as the payload of a <see cref="SandboxFrameKind.Rows"/> frame.</summary>
    /// <exception cref="RowTooLargeException">A single row is longer than a page.</exception>
    public ReadOnlyMemory<byte> Fetch(int maxRows, int maxBytes)
    {
        DuckDbResult result = _result ?? throw new InvalidDataException("A query must be run before its rows are fetched.");
        using MemoryStream page = new();
        page.SetLength(SandboxRows.HeaderLength);
        page.Position = SandboxRows.HeaderLength;
        page.WriteByte((byte)'[');
        using Utf8JsonWriter writer = new(page, ResultJson.WriterOptions);
        int count = 0;
        while (count < maxRows && HasRow(result))
        {
            long before = page.Length;
            if (count > 0)
                page.WriteByte((byte)',');
            WriteRow(writer, result, _row);
            if (page.Length - SandboxRows.HeaderLength >= maxBytes)
            {
                if (count == 0)
                    throw new RowTooLargeException(page.Length, maxBytes);
                page.SetLength(before);
                page.Position = before;
                break;
            }
            count++;
            _row++;
        }
        page.WriteByte((byte)']');
        Memory<byte> payload = page.GetBuffer().AsMemory(0, (int)page.Length);
        SandboxRows.WriteHeader(payload.Span, count, HasRow(result));
        return payload;
    }

    public void Dispose()
    {
        _result?.Dispose();
        _session.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _lake.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>
    /// The order matters: paths first, then no other access, then no way back. <c>allowed_paths</c> would also permit
    /// writing them, were it not for the gate (SELECT alone) and RLIMIT_FSIZE.
    /// </summary>
    private void CloseIn(List<string> files)
    {
        string paths = string.Join(", ", files.Select(path => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'"));
        _session.Connection.Execute($"SET allowed_paths=[{paths}]");
        _session.Connection.Execute("SET enable_external_access=false");
        _session.Connection.Execute("SET lock_configuration=true");
    }

    private void Warm()
    {
        Parse("SELECT 1");
        _result = _session.Connection.Query("SELECT 1, 'a', 1.5, DATE '2000-01-01' FROM range(1)");
        Fetch(1, 1 << 20);
        _result.Dispose();
        (_result, _sql, _row, _ended) = (null, null, 0, false);
    }

    private bool HasRow(DuckDbResult result)
    {
        while (!_ended && _row >= result.RowCount)
        {
            _row = 0;
            _ended = !result.NextChunk();
        }
        return !_ended;
    }

    private static void WriteRow(Utf8JsonWriter writer, DuckDbResult result, int row)
    {
        writer.WriteStartArray();
        for (int column = 0; column < result.Columns.Count; column++)
            ResultJson.Write(writer, result.Column(column), row);
        writer.WriteEndArray();
        writer.Flush();
        writer.Reset();
    }
}
