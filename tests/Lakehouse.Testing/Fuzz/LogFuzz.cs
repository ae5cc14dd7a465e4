using System.Text;
using Lakehouse.Delta;
using Lakehouse.Storage;

namespace Lakehouse.Testing.Fuzz;

/// <summary>
/// Tables whose log was damaged in one file. They load, and then every way to the newest version leads to the same table; or the
/// failure is one of the protocol's own, and names the table and what of it cannot be used.
/// </summary>
internal static class LogFuzz
{
    private const string Table = "t";
    private const string CheckpointName = "00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json";

    private static readonly Lazy<IReadOnlyList<(string Key, byte[] Content)>> Log = new(() => BuildAsync().GetAwaiter().GetResult());

    /// <summary>A damaged commit: any of them, the first included.</summary>
    public static async Task CommitAsync(int seed)
    {
        Random random = new(seed);
        MemoryObjectStore store = Copy(withCheckpoint: false);
        string key = LogFiles.Commit(Table, random.Next(4));
        store.Set(key, Mutator.Json(random, store.Get(key)!));
        if (await ReadAsync(store) is { } failure && failure is CorruptLogException { Path: { } path, Line: null } && path == key && failure.InnerException is not null)
            throw new FuzzException("A fault of a line does not tell which.", failure);
    }

    /// <summary>A damaged checkpoint, with the commits before it or without.</summary>
    public static async Task CheckpointAsync(int seed)
    {
        Random random = new(seed);
        MemoryObjectStore store = Copy(withCheckpoint: true);
        string key = $"{Table}/_delta_log/{CheckpointName}";
        store.Set(key, Mutator.Json(random, store.Get(key)!));
        bool whole = random.Next(2) == 0;
        if (!whole) await store.DeleteAsync(LogFiles.Commit(Table, 0));

        // What it leaves out no reader can know, so it need not agree with the commits.
        await ReadAsync(store, compares: false);
    }

    /// <summary>A damaged pointer to the last checkpoint: it only ever saves work.</summary>
    public static async Task PointerAsync(int seed)
    {
        Random random = new(seed);
        MemoryObjectStore store = Copy(withCheckpoint: true);
        string key = LogFiles.LastCheckpoint(Table);
        store.Set(key, Mutator.Json(random, """{"version":2,"size":6,"sizeInBytes":900,"numOfAddFiles":2,"checkpointSchema":{"type":"struct","fields":[]},"checksum":"x"}"""u8.ToArray()));
        if (await ReadAsync(store) is { } failure) throw new FuzzException("A pointer kept a table from being read.", failure);
    }

    /// <summary>A damaged checksum file: it is not one, or it is right, or it says what is wrong.</summary>
    public static async Task ChecksumAsync(int seed)
    {
        Random random = new(seed);
        MemoryObjectStore store = Copy(withCheckpoint: false);
        string key = $"{Table}/_delta_log/00000000000000000003.crc";
        const string content = """{"txnId":"x","tableSizeBytes":300,"numFiles":3,"numMetadata":1,"numProtocol":1,"setTransactions":[{"appId":"app","version":7,"lastUpdated":5}],"domainMetadata":[{"domain":"mine","configuration":"{}","removed":false}],"metadata":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{}","partitionColumns":[],"configuration":{}},"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],"writerFeatures":[]}}""";
        store.Set(key, Mutator.Json(random, Encoding.UTF8.GetBytes(content)));
        if (await ReadAsync(store) is { } failure && (failure as CorruptLogException)?.Path != key) throw new FuzzException("A checksum made another file look wrong.", failure);
    }

    /// <summary>Reads the table in every way.</summary>
    /// <returns>The failure that it may have.</returns>
    private static async Task<DeltaException?> ReadAsync(MemoryObjectStore store, bool compares = true)
    {
        DeltaLog log = new(store, Table, NoParquet.Instance, new DeltaLogOptions { AutomaticCheckpoints = false });
        try
        {
            Snapshot? snapshot = await log.TryLoadAsync();
            if (snapshot is null) return null;
            await UseAsync(log, store, snapshot);
            if (compares) await CompareAsync(log, snapshot);
            return null;
        }
        catch (DeltaException failure)
        {
            if (failure.Table != Table || !failure.Message.Contains($"'{Table}'", StringComparison.Ordinal)) throw new FuzzException("A failure does not name its table.", failure);
            if (failure is CorruptLogException { Path: null, Version: null }) throw new FuzzException("A failure says neither file nor version.", failure);
            return failure;
        }
    }

    private static async Task UseAsync(DeltaLog log, MemoryObjectStore store, Snapshot snapshot)
    {
        _ = snapshot.Metadata.DeletedFileRetentionOf() + snapshot.Metadata.LogRetentionOf();
        _ = snapshot.Schema.Fields.Count + snapshot.PartitionColumns.Count;
        foreach (AddFile file in snapshot.Files)
        {
            _ = file.LiveRows;
            Expect<CorruptLogException>(() => DataPath.Resolve(Table, file.Path));
        }

        DeletionVectorStore vectors = new(store, Table);
        foreach (DeletionVectorDescriptor vector in snapshot.Files.Select(file => file.DeletionVector).OfType<DeletionVectorDescriptor>())
        {
            try
            {
                await vectors.ReadAsync(vector);
            }
            catch (Exception failure) when (failure is CorruptDeletionVectorException or CorruptLogException)
            {
                // As it should be.
            }
        }

        await foreach (CommitRecord _ in log.HistoryAsync())
        {
        }

        await log.LoadAtAsync(DateTimeOffset.UtcNow.AddDays(1));
        await log.CleanUpAsync(snapshot);
    }

    /// <summary>Going on from the oldest version comes to the same table as loading the newest.</summary>
    private static async Task CompareAsync(DeltaLog log, Snapshot snapshot)
    {
        Snapshot first;
        try
        {
            first = await log.LoadAsync(0);
        }
        catch (DeltaException)
        {
            return;
        }

        Snapshot refreshed = await log.RefreshAsync(first);
        if (refreshed.Version != snapshot.Version || !refreshed.Files.Select(file => file.Key).ToHashSet().SetEquals(snapshot.Files.Select(file => file.Key)))
            throw new FuzzException($"Loading comes to version {snapshot.Version} with {snapshot.Files.Count} files, and refreshing to version {refreshed.Version} with {refreshed.Files.Count}.");
    }

    private static void Expect<TException>(Action action)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException)
        {
            // As it should be.
        }
    }

    private static MemoryObjectStore Copy(bool withCheckpoint)
    {
        MemoryObjectStore store = new();
        foreach ((string key, byte[] content) in Log.Value)
        {
            if (withCheckpoint || !key.EndsWith(CheckpointName, StringComparison.Ordinal)) store.Set(key, content);
        }

        return store;
    }

    /// <summary>Four versions of a table with everything that an action can hold, and a checkpoint of one of them.</summary>
    private static async Task<IReadOnlyList<(string Key, byte[] Content)>> BuildAsync()
    {
        MemoryObjectStore store = new();
        DeltaLog log = new(store, Table, NoParquet.Instance, new DeltaLogOptions { AutomaticCheckpoints = false });
        StructType schema = new(
            new StructField("id", PrimitiveType.Long),
            new StructField("day", PrimitiveType.Date),
            new StructField("s", new StructType(new StructField("x", new ArrayType(PrimitiveType.String, true)), new StructField("m", new MapType(PrimitiveType.String, new DecimalType(10, 2), true)))));
        Metadata metadata = Metadata.Create(schema, ["day"], new Dictionary<string, string>
        {
            [TableProperties.EnableDeletionVectors] = "true",
            [TableProperties.EnableInCommitTimestamps] = "true",
            [TableProperties.DeletedFileRetention] = "interval 1 week",
            [TableProperties.LogRetention] = "interval 30 days",
        });
        Snapshot snapshot = (await log.Create(metadata, Protocol.For(metadata).With([TableFeatures.DomainMetadata])).CommitAsync(Info())).Snapshot;
        DeltaTransaction transaction = log.Begin(snapshot);
        foreach (string name in new[] { "a", "b" }) transaction.Add(File(name));
        transaction.SetTransaction("app", 7);
        transaction.SetDomain("mine", "{}");
        snapshot = (await transaction.CommitAsync(Info())).Snapshot;
        transaction = log.Begin(snapshot);
        AddFile old = snapshot.Files.First(file => file.Path == "day=2026-01-01/a");
        transaction.Remove(old);
        transaction.Add(old with { DeletionVector = (await new DeletionVectorStore(store, Table).WriteAsync([new RoaringBitmapArray([1, 5, 70_000])]))[0] });
        transaction.AddChangeFile(new AddCdcFile { Path = "_change_data/c", PartitionValues = new Dictionary<string, string?> { ["day"] = null }, Size = 10 });
        snapshot = (await transaction.CommitAsync(Info())).Snapshot;
        using MemoryStream checkpoint = new();
        ActionJson.Write(checkpoint, [new CheckpointMetadata(2), snapshot.Protocol, snapshot.Metadata, new SetTransaction("app", 7, 5), .. snapshot.DomainMetadata.Values, .. snapshot.Files]);
        store.Set($"{Table}/_delta_log/{CheckpointName}", checkpoint.ToArray());
        transaction = log.Begin(snapshot);
        transaction.Add(File("c") with { DeletionVector = DeletionVectorStore.Inline(new RoaringBitmapArray([2])) });
        await transaction.CommitAsync(Info());
        return [.. store.Keys.Select(key => (key, store.Get(key)!))];
    }

    private static AddFile File(string name) => new()
    {
        Path = $"day=2026-01-01/{name}",
        Size = 100,
        ModificationTime = 1_767_000_000_000,
        PartitionValues = new Dictionary<string, string?> { ["day"] = "2026-01-01" },
        Stats = """{"numRecords":100000,"minValues":{"id":1,"s":{"x":"a"}},"maxValues":{"id":9},"nullCount":{"id":0}}""",
        Tags = new Dictionary<string, string?> { ["k"] = "v" },
    };

    private static CommitInfo Info() => new()
    {
        Operation = "WRITE",
        OperationParameters = new Dictionary<string, string?> { ["mode"] = "Append" },
        OperationMetrics = new Dictionary<string, string?> { ["numFiles"] = "1" },
        Tags = new Dictionary<string, string?> { ["t"] = "x" },
    };

    /// <summary>The log has no checkpoint in Parquet.</summary>
    internal sealed class NoParquet : ICheckpointCodec
    {
        public static readonly NoParquet Instance = new();

        // A sidecar that a damaged checkpoint names.
        public Task ReadAsync(IObjectStore store, string key, CheckpointRows rows, CancellationToken cancellationToken) => store.ReadAllBytesAsync(key, cancellationToken);

        public Task<long> WriteAsync(IObjectStore store, string key, IReadOnlyCollection<DeltaAction> actions, StructType schema, CancellationToken cancellationToken) =>
            throw new NotSupportedException("No checkpoint is written here.");
    }
}
