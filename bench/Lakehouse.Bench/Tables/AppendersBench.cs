using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Testing.S3;

namespace Lakehouse.Bench.Tables;

/// <summary>
/// Sixteen appenders on one table beside one that makes as many commits alone: as sessions of one service, and each with a lake of its
/// own that knows nothing of the others but by the log, as if in a process of its own. Losing a version to another must not cost more
/// than going together gains.
/// </summary>
internal sealed class AppendersBench : IBench
{
    private const int Appenders = 16;

    public string Name => "appenders";

    public string Summary => "commits a second of 16 concurrent appenders, beside one appender, on disk and on radosgw";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        List<Figure> figures = [];
        await MeasureAsync(context, "disk", context.PathOf("lake"), figures);
        if (!RadosGateway.IsHere)
        {
            await context.Progress.WriteLineAsync("radosgw is not installed: its figures are left out");
            return figures;
        }

        await context.Progress.WriteLineAsync("starting radosgw");
        await using RadosGateway gateway = new();
        await MeasureAsync(context, "radosgw", RadosGateway.AddressOf(await gateway.CreateBucketAsync(), context.PathOf("cache")), figures);
        return figures;
    }

    private static async Task MeasureAsync(BenchContext context, string name, string place, List<Figure> figures)
    {
        int commits = context.Size(20, 5) * Appenders;
        int table = 0;
        foreach ((string kind, int lakes) in new[] { ("", 1), ("/apart", Appenders) })
        {
            Interleaved measured = await Interleaved.MeasureAsync(
                () => AppendAsync(context, place, ++table, 1, 1, commits),
                () => AppendAsync(context, place, ++table, lakes, Appenders, commits),
                context.Size(3, 1));
            figures.Add(Figure.AtLeast(
                $"appenders/{name}{kind}", 1 / measured.Ratio, 1, "x", string.Create(CultureInfo.InvariantCulture, $"one appender, {commits / measured.YardstickSeconds:0} commits/s"), measured.PeakMb));
        }
    }

    /// <summary>The seconds that the appenders took together, once all were open.</summary>
    private static async Task<double> AppendAsync(BenchContext context, string place, int number, int lakes, int appenders, int commits)
    {
        TableName name = TableName.Parse(string.Create(CultureInfo.InvariantCulture, $"bench.t{number}"));
        List<Lake> open = [.. Enumerable.Range(0, lakes).Select(_ => Lake.Open(place, new LakeOptions { Threads = 1, MemoryLimit = "100MB" }))];
        try
        {
            List<LakeSession> sessions = [.. Enumerable.Range(0, appenders).Select(i => open[i % lakes].OpenSession())];
            // One commit each before, which opens what is opened once.
            for (int i = 0; i < appenders; i++) await AppendAsync(open[i % lakes], sessions[i], name, 1, context.Cancellation);
            double seconds = await Interleaved.TimeAsync(() => Task.WhenAll(
                Enumerable.Range(0, appenders).Select(i => Task.Run(() => AppendAsync(open[i % lakes], sessions[i], name, commits / appenders, context.Cancellation)))));
            foreach (LakeSession session in sessions) await session.DisposeAsync();
            List<CommitRecord> history = await open[0].Table(name).HistoryAsync(cancellationToken: context.Cancellation).ToListAsync(context.Cancellation);
            if (history.Count != commits + appenders || history[0].Version != history.Count - 1)
                throw new BenchException($"appenders: {commits + appenders} commits were made, and the log has {history.Count} up to version {history[0].Version}");
            return seconds;
        }
        finally
        {
            foreach (Lake lake in open) await lake.DisposeAsync();
        }
    }

    private static async Task AppendAsync(Lake lake, LakeSession session, TableName name, int commits, CancellationToken cancellationToken)
    {
        for (int i = 0; i < commits; i++)
            await lake.Table(name).AppendAsync(session.Connection, "SELECT i AS id, 'row ' || i AS text FROM range(100) r(i)", cancellationToken: cancellationToken);
    }
}
