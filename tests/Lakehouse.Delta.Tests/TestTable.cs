using System.Text;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Tests;

/// <summary>A table in a folder of its own, written through the real write path.</summary>
internal sealed class TestTable : IDisposable
{
    public static readonly StructType Columns = new(new StructField("id", PrimitiveType.Long), new StructField("name", PrimitiveType.String));

    private readonly DeltaLogOptions? _options;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-delta-");

    public TestTable(DeltaLogOptions? options = null, Func<IObjectStore, IObjectStore>? wrap = null)
    {
        Plain = new LocalObjectStore(_folder.FullName);
        Store = wrap is null ? Plain : wrap(Plain);
        _options = options;
        Log = new DeltaLog(Store, "silver/orders", Codec, options);
    }

    public LocalObjectStore Plain { get; }

    public IObjectStore Store { get; }

    public JsonCheckpointCodec Codec { get; } = new();

    public DeltaLog Log { get; private set; }

    /// <summary>What follows happens in another process, which knows nothing of what this one did but by the log.</summary>
    public void ChangeProcess() => Log = new DeltaLog(Store, "silver/orders", Codec, _options);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static AddFile File(string path, long rows = 1, IReadOnlyDictionary<string, string?>? partition = null) => new()
    {
        Path = path,
        Size = 100,
        ModificationTime = 1_700_000_000_000,
        PartitionValues = partition ?? new Dictionary<string, string?>(),
        Stats = $$"""{"numRecords":{{rows}}}""",
    };

    public static CommitInfo Info(string operation = "WRITE") => new() { Operation = operation };

    public async Task<Snapshot> CreateAsync(
        StructType? schema = null, IReadOnlyList<string>? partitionBy = null, IReadOnlyDictionary<string, string>? properties = null, Protocol? protocol = null)
    {
        Metadata metadata = Metadata.Create(schema ?? Columns, partitionBy, properties);
        return (await Log.Create(metadata, protocol).CommitAsync(Info("CREATE TABLE"), Token)).Snapshot;
    }

    public async Task<Snapshot> AppendAsync(Snapshot snapshot, params string[] paths) => (await AppendResultAsync(snapshot, paths)).Snapshot;

    public async Task<Snapshot> AppendAsync(Snapshot snapshot, AddFile file)
    {
        DeltaTransaction transaction = Log.Begin(snapshot);
        transaction.Add(file);
        CommitResult result = await transaction.CommitAsync(Info(), Token);
        await result.Checkpoint;
        return result.Snapshot;
    }

    public async Task<CommitResult> AppendResultAsync(Snapshot snapshot, params string[] paths)
    {
        DeltaTransaction transaction = Log.Begin(snapshot);
        foreach (string path in paths) transaction.Add(File(path));
        CommitResult result = await transaction.CommitAsync(Info(), Token);
        await result.Checkpoint;
        return result;
    }

    public async Task<Snapshot> RemoveAsync(Snapshot snapshot, string path)
    {
        DeltaTransaction transaction = Log.Begin(snapshot);
        transaction.Remove(snapshot.Files.Single(file => file.Path == path));
        CommitResult result = await transaction.CommitAsync(Info("DELETE"), Token);
        await result.Checkpoint;
        return result.Snapshot;
    }

    public string PathOf(string relative) => System.IO.Path.Combine(_folder.FullName, "silver", "orders", relative);

    public string CommitPath(long version) => PathOf($"_delta_log/{version:D20}.json");

    /// <summary>Writes a file behind the log's back, as another program would.</summary>
    public void WriteFile(string relative, string content)
    {
        string path = PathOf(relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content, new UTF8Encoding(false));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

internal static class SnapshotExtensions
{
    public static string[] Paths(this Snapshot snapshot) => [.. snapshot.Files.Select(file => file.Path).Order(StringComparer.Ordinal)];
}
