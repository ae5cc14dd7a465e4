namespace Lakehouse.Ingestion.Postgres;

/// <summary>One PostgreSQL source: where it is, which tables, and how its changes become bronze commits.</summary>
public sealed record PostgresSourceOptions
{
    /// <summary>The source's name: letters, digits and underscores. Part of bronze's Delta application id, so that it must not change.</summary>
    public required string Name { get; init; }

    /// <summary>An Npgsql connection string of a role with REPLICATION that owns, or may read, the tables.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Tables to take, as <c>schema.table</c> with <c>*</c> for any characters.</summary>
    public required IReadOnlyList<string> Tables { get; init; }

    /// <summary>Tables to leave out, in the same patterns.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Key columns of tables whose primary key is not the key, by <c>schema.table</c>. Others use their primary key.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Keys { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The publication; null = <c>lakehouse_NAME</c>.</summary>
    public string? Publication { get; init; }

    /// <summary>Whether the publication may be created, and tables added to it.</summary>
    public bool ManagePublication { get; init; } = true;

    /// <summary>The replication slot; null = <c>lakehouse_NAME</c>.</summary>
    public string? Slot { get; init; }

    /// <summary>When a batch of streamed changes is committed.</summary>
    public BatchLimits Batch { get; init; } = new();

    /// <summary>Tables, and parts of large tables, that are copied at once in a snapshot.</summary>
    public int SnapshotWorkers { get; init; } = 2;

    /// <summary>Slot lag, in bytes of log, above which an alert is given.</summary>
    public long AlertLagBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Slot lag, in bytes of log, above which the slot is dropped so that the source's disk lives, and the ingestion stops
    /// for a new snapshot. Null = never; then only the server's own <c>max_slot_wal_keep_size</c> guards its disk.
    /// </summary>
    public long? MaxLagBytes { get; init; }

    /// <summary>How far the log may move on without changes of ours before the slot is confirmed up to it.</summary>
    public long IdleConfirmBytes { get; init; } = 16L << 20;

    /// <summary>How long another consumer of the slot, often one's own killed predecessor, is waited for.</summary>
    public TimeSpan SlotInUseGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How broken connections are tried again.</summary>
    public ReconnectPolicy Reconnect { get; init; } = new();

    internal string PublicationName => Publication ?? $"lakehouse_{Name}";

    internal string SlotName => Slot ?? $"lakehouse_{Name.ToLowerInvariant()}";
}

/// <summary>A batch closes at the end of the first transaction with which it reaches any of these.</summary>
public sealed record BatchLimits
{
    /// <summary>Change rows.</summary>
    public int Rows { get; init; } = 100_000;

    /// <summary>Bytes of replication messages.</summary>
    public long Bytes { get; init; } = 64L << 20;

    /// <summary>Time since the batch's first row arrived.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>Waits between attempts: doubling, with jitter, within bounds.</summary>
public sealed record ReconnectPolicy
{
    /// <summary>The first wait.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts in a row without progress before the ingestion gives up; null = it never does.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>The wait before attempt <paramref name="attempt"/> (1 = the first retry), half of it by chance so that many do not come back at once.</summary>
    public TimeSpan Delay(int attempt, Random random)
    {
        var ceiling = Math.Min(Longest.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 30)));
        return TimeSpan.FromMilliseconds(ceiling / 2 + random.NextDouble() * ceiling / 2);
    }
}
