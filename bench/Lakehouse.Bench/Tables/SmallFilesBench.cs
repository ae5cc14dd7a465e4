using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>What a thousand small appends leave of a scan's speed in a table that compacts itself, beside the same rows written at once.</summary>
internal sealed class SmallFilesBench : IBench
{
    private static readonly TableName Small = TableName.Parse("bench.small");
    private static readonly TableName Whole = TableName.Parse("bench.whole");

    public string Name => "small-files";

    public string Summary => "a scan after 1,000 small appends and auto-compaction, beside the same rows in one file";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        await using LakeSession session = lake.OpenSession();
        int appends = context.Size(1000, 100), rows = context.Size(2000, 1000);
        await context.Progress.WriteLineAsync($"writing {appends} files of {rows} rows");
        await lake.Table(Whole).AppendAsync(session.Connection, Lineitem.Rows(appends * rows), cancellationToken: context.Cancellation);
        WriteOptions options = new() { Properties = new Dictionary<string, string> { [TableProperties.AutoCompact] = "true" } };
        for (int i = 0; i < appends; i++)
        {
            string numbers = string.Create(CultureInfo.InvariantCulture, $"(SELECT range AS i FROM range({i * rows}, {(i + 1) * rows}))");
            await lake.Table(Small).AppendAsync(session.Connection, Lineitem.Rows(numbers), options, context.Cancellation);
        }

        await lake.Table(Small).CompactedAsync();
        int files = (await lake.Table(Small).SnapshotAsync(cancellationToken: context.Cancellation)).Files.Count;
        string theirs = "", ours = "";
        Interleaved measured = await Interleaved.MeasureAsync(
            () => Interleaved.TimeAsync(async () => theirs = Answers.Read(await session.QueryAsync(string.Format(CultureInfo.InvariantCulture, Lineitem.Q1, Whole), context.Cancellation))),
            () => Interleaved.TimeAsync(async () => ours = Answers.Read(await session.QueryAsync(string.Format(CultureInfo.InvariantCulture, Lineitem.Q1, Small), context.Cancellation))),
            context.Size(15, 3));
        Answers.MustBeEqual("small-files", theirs, ours);
        return [Figure.AtMost(
            "small-files", measured.Ratio, 1.2, "x", string.Create(CultureInfo.InvariantCulture, $"the same rows in one file, {measured.YardstickSeconds * 1000:0} ms; {files} files"), measured.PeakMb)];
    }
}
