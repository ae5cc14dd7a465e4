using System.Globalization;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Tests.Postgres;

/// <summary>One test's source database and lake, and ingesters between them.</summary>
internal sealed class Ingestion : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lakehouse-cdc-").FullName;

    public Ingestion(string connectionString)
    {
        ConnectionString = connectionString;
        Source = NpgsqlDataSource.Create(connectionString);
        Lake = Lake.Open(_folder);
        Options = new PostgresSourceOptions
        {
            Name = "src",
            ConnectionString = connectionString,
            Tables = ["public.*"],
            Slot = $"slot_{Guid.NewGuid():N}",
            Batch = new BatchLimits { Age = TimeSpan.FromMilliseconds(50) },
            Reconnect = new ReconnectPolicy { First = TimeSpan.FromMilliseconds(10), Longest = TimeSpan.FromMilliseconds(200) },
        };
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public Lake Lake { get; private set; }

    public PostgresSourceOptions Options { get; set; }

    public RecordingObserver Observer { get; } = new();

    public string Folder => _folder;

    /// <summary>Whether the lake stays on disk after the test, to be looked at.</summary>
    public bool KeepFolder { get; set; }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>The end of everything committed so far.</summary>
    public async Task<NpgsqlLogSequenceNumber> NowAsync() => await ScalarAsync<NpgsqlLogSequenceNumber>("SELECT pg_current_wal_insert_lsn()");

    public PostgresIngester Ingester() => new(Lake, Options, Observer);

    /// <summary>Runs an ingester until bronze has everything that is committed now.</summary>
    public async Task CatchUpAsync(Action<PostgresIngester>? configure = null)
    {
        await using var ingester = Ingester();
        configure?.Invoke(ingester);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await ingester.RunUntilAsync(await NowAsync(), limit.Token);
    }

    /// <summary>Opens the lake anew, as another process would.</summary>
    public async Task ReopenAsync()
    {
        await Lake.DisposeAsync();
        Lake = Lake.Open(_folder);
    }

    /// <summary>Takes tables out of bronze, as their errors ask for.</summary>
    public async Task MoveAsideAsync(params string[] tables)
    {
        await Lake.DisposeAsync();
        foreach (var table in tables) Directory.Move(Path.Combine(_folder, "bronze", table), Path.Combine(_folder, "bronze", $"{table}_before_{Guid.NewGuid():N}"));
        Lake = Lake.Open(_folder);
    }

    /// <summary>Data files below a bronze table's folder that none of its versions has named; they would stay for ever.</summary>
    public async Task<IReadOnlyList<string>> OrphansAsync(string table)
    {
        var lakeTable = Lake.Table(new TableName("bronze", table));
        var snapshot = await lakeTable.SnapshotAsync(null, TestContext.Current.CancellationToken);
        var named = snapshot.Files.Select(f => lakeTable.LocalPath(f.Path)).ToHashSet();
        return [.. Directory.EnumerateFiles(Path.Combine(_folder, "bronze", table), "*.parquet", SearchOption.AllDirectories).Where(f => !f.Contains("_delta_log", StringComparison.Ordinal) && !named.Contains(f))];
    }

    /// <summary>Rows of a query over the lake, each as texts joined by '|', null as <c>∅</c>.</summary>
    public async Task<List<string>> QueryAsync(string sql)
    {
        await using var session = Lake.OpenSession();
        using var result = await session.QueryAsync(sql, TestContext.Current.CancellationToken);
        var rows = new List<string>();
        while (await result.NextChunkAsync(TestContext.Current.CancellationToken))
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var values = new List<string>();
                for (var i = 0; i < result.Columns.Count; i++) values.Add(Convert.ToString(result.Column(i).GetValue(row), CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : result.Column(i).IsNull(row) ? "∅" : "");
                rows.Add(string.Join('|', values));
            }
        }
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync();
        try
        {
            await ExecuteAsync($"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{Options.Slot}' AND NOT active");
        }
        catch (NpgsqlException)
        {
            // The server may be gone, which is some tests' point.
        }
        await Source.DisposeAsync();
        if (!KeepFolder) Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Keeps what an ingester tells.</summary>
internal sealed class RecordingObserver : IIngestionObserver
{
    private readonly Lock _lock = new();

    public List<BatchCommitted> Batches { get; } = [];

    public List<TableStopped> Stopped { get; } = [];

    public List<string> Warnings { get; } = [];

    public List<Exception> Reconnects { get; } = [];

    public int ReconnectCount
    {
        get
        {
            lock (_lock) return Reconnects.Count;
        }
    }

    public List<IngestionLag> Lags { get; } = [];

    public void OnBatchCommitted(BatchCommitted batch)
    {
        lock (_lock) Batches.Add(batch);
    }

    public void OnTableStopped(TableStopped stopped)
    {
        lock (_lock) Stopped.Add(stopped);
    }

    public void OnWarning(string message)
    {
        lock (_lock) Warnings.Add(message);
    }

    public void OnReconnecting(Exception cause, TimeSpan delay)
    {
        lock (_lock) Reconnects.Add(cause);
    }

    public void OnLag(IngestionLag lag)
    {
        lock (_lock) Lags.Add(lag);
    }
}
