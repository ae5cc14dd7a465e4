using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Storage;

namespace Lakehouse.Bench.Tables;

/// <summary>Opening a table of 10,000 commits by a log that knows nothing of it: with a checkpoint of nearly all, and with none.</summary>
internal sealed class OpenBench : IBench
{
    private const int AfterCheckpoint = 10;

    public string Name => "open";

    public string Summary => "opens a table of 10,000 commits, with a checkpoint and without, beside reading the same bytes";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int commits = context.Size(10_000, 500);
        await context.Progress.WriteLineAsync($"writing {commits} commits twice");
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        LocalObjectStore store = new(context.Folder);
        foreach (string table in new[] { "bare", "pointed" }) await LongLog.WriteAsync(context.PathOf(table), commits, context.Cancellation);
        DeltaLog pointed = new(store, "pointed", lake.Checkpoints);
        await pointed.CheckpointAsync(await pointed.LoadAsync(commits - 1 - AfterCheckpoint, context.Cancellation), context.Cancellation);
        return [await MeasureAsync("pointed", commits - AfterCheckpoint, pairs: 15), await MeasureAsync("bare", 0, pairs: 7)];

        async Task<Figure> MeasureAsync(string table, int firstCommit, int pairs)
        {
            string log = context.PathOf(Path.Combine(table, "_delta_log"));
            List<string> files = [.. Directory.EnumerateFiles(log).Where(file => !file.EndsWith(".json", StringComparison.Ordinal))];
            for (int version = firstCommit; version < commits; version++) files.Add(LongLog.CommitFile(log, version));
            Interleaved measured = await Interleaved.MeasureAsync(
                () => Interleaved.TimeAsync(async () =>
                {
                    foreach (string file in files) await File.ReadAllBytesAsync(file, context.Cancellation);
                }),
                () => Interleaved.TimeAsync(async () =>
                {
                    Snapshot snapshot = await new DeltaLog(store, table, lake.Checkpoints).LoadAsync(null, context.Cancellation);
                    if (snapshot.Files.Count != commits) throw new BenchException($"open: the table has {snapshot.Files.Count} files, not {commits}");
                }),
                context.Quick ? 2 : pairs);
            string yardstick = string.Create(CultureInfo.InvariantCulture, $"reading the same bytes, {measured.YardstickSeconds * 1000:0.0} ms");
            return table == "bare"
                ? Figure.AtMost("open/without-checkpoint", measured.Ratio, 3, "x", yardstick, measured.PeakMb)
                : Figure.AtMost("open/with-checkpoint", measured.OurSeconds * 1000, 100, "ms", yardstick, measured.PeakMb);
        }
    }
}
