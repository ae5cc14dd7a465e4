using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>What a commit costs beside the one durable write that it cannot do without. Every tenth commit writes a checkpoint as well;
/// a median does not see it, and it is not on the way of the commit's visibility.</summary>
internal sealed class CommitBench : IBench
{
    private static readonly TableName Table = TableName.Parse("bench.commits");

    public string Name => "commit";

    public string Summary => "p50 of a Delta commit on local disk, beside a bare create-if-absent with fsync of as many bytes";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        await using LakeSession session = lake.OpenSession();
        LakeTable table = lake.Table(Table);
        CommitResult last = await table.AppendAsync(session.Connection, Lineitem.Rows(1000), cancellationToken: context.Cancellation);
        AddFile model = last.Snapshot.Files.Single();
        byte[] bytes = await File.ReadAllBytesAsync(Path.Combine(lake.Folder, Table.Path, "_delta_log", "00000000000000000000.json"), context.Cancellation);
        string bare = Directory.CreateDirectory(context.PathOf("bare")).FullName;

        List<double> puts = [], commits = [];
        int count = context.Size(500, 60);
        PeakMemory.Reset();
        for (int i = 0; i < count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            await last.Checkpoint;
            string name = string.Create(CultureInfo.InvariantCulture, $"{i:D20}.json");
            puts.Add(await Interleaved.TimeAsync(() => Task.Run(() => PutIfAbsent(Path.Combine(bare, name), bytes))));
            commits.Add(await Interleaved.TimeAsync(async () =>
            {
                DeltaTransaction transaction = table.Log.Begin(last.Snapshot);
                transaction.Add(model with { Path = $"part-{name}.parquet" });
                last = await transaction.CommitAsync(new CommitInfo { Operation = "WRITE", EngineInfo = lake.Options.EngineInfo, IsBlindAppend = true }, context.Cancellation);
            }));
        }

        double peak = PeakMemory.ReadMb();
        // The first ones pay for compiling the code that they run.
        int warm = count / 10;
        double yardstick = Interleaved.Median(puts.Skip(warm));
        return [Figure.AtMost(
            "commit", Interleaved.Median(commits.Skip(warm)) / yardstick, 3, "x", string.Create(CultureInfo.InvariantCulture, $"create-if-absent with fsync, p50 {yardstick * 1000:0.00} ms"), peak)];
    }

    private static void PutIfAbsent(string path, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}
