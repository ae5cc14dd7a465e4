using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Testing.S3;

namespace Lakehouse.Bench.Tables;

/// <summary>Sixteen appenders on one table, each with a lake of its own that knows nothing of the others but by the log, beside one that
/// makes as many commits alone. Losing a version to another must not cost more than going together gains.</summary>
internal sealed class AppendersBench : IBench
{
    private const int Appenders = 16;

    public string Name => "appenders";

    public string Summary => "commits a second of 16 concurrent appenders, beside one appender, on disk and on radosgw";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        List<Figure> figures = [await MeasureAsync(context, "disk", context.PathOf("lake"))];
        if (!RadosGateway.IsHere)
        {
            await context.Progress.WriteLineAsync("radosgw is not installed: its figure is left out");
            return figures;
        }

        await context.Progress.WriteLineAsync("starting radosgw");
        await using RadosGateway gateway = new();
        figures.Add(await MeasureAsync(context, "radosgw", RadosGateway.AddressOf(await gateway.CreateBucketAsync(), context.PathOf("cache"))));
        return figures;
    }

    private static async Task<Figure> MeasureAsync(BenchContext context, string name, string place)
    {
        int commits = context.Size(20, 5) * Appenders;
        int table = 0;
        Interleaved measured = await Interleaved.MeasureAsync(
            () => AppendAsync(context, place, ++table, 1, commits),
            () => AppendAsync(context, place, ++table, Appenders, commits),
            context.Size(3, 1));
        return Figure.AtLeast(
            $"appenders/{name}", 1 / measured.Ratio, 1, "x", string.Create(CultureInfo.InvariantCulture, $"one appender, {commits / measured.YardstickSeconds:0} commits/s"), measured.PeakMb);
    }

    /// <summary>The seconds that the appenders took together, once all were open.</summary>
    private static async Task<double> AppendAsync(BenchContext context, string place, int number, int appenders, int commits)
    {
        TableName name = TableName.Parse(string.Create(CultureInfo.InvariantCulture, $"bench.t{number}"));
        List<Lake> lakes = [.. Enumerable.Range(0, appenders).Select(_ => Lake.Open(place, new LakeOptions { Threads = 1, MemoryLimit = "100MB" }))];
        try
        {
            foreach (Lake lake in lakes) await AppendAsync(lake, name, 0, context.Cancellation);
            double seconds = await Interleaved.TimeAsync(() => Task.WhenAll(lakes.Select(lake => Task.Run(() => AppendAsync(lake, name, commits / appenders, context.Cancellation)))));
            List<CommitRecord> history = await lakes[0].Table(name).HistoryAsync(cancellationToken: context.Cancellation).ToListAsync(context.Cancellation);
            if (history.Count != commits + appenders || history[0].Version != history.Count - 1)
                throw new BenchException($"appenders: {commits + appenders} commits were made, and the log has {history.Count} up to version {history[0].Version}");
            return seconds;
        }
        finally
        {
            foreach (Lake lake in lakes) await lake.DisposeAsync();
        }
    }

    /// <summary>So many commits, and one before them that opens what is opened once.</summary>
    private static async Task AppendAsync(Lake lake, TableName name, int commits, CancellationToken cancellationToken)
    {
        await using LakeSession session = lake.OpenSession();
        for (int i = 0; i < Math.Max(1, commits); i++)
            await lake.Table(name).AppendAsync(session.Connection, "SELECT i AS id, 'row ' || i AS text FROM range(100) r(i)", cancellationToken: cancellationToken);
    }
}
