using System.Globalization;
using System.Text;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Lakehouse.Testing.S3;

namespace Lakehouse.Bench.Tables;

/// <summary>Finding out what another writer has just committed, on disk and in a bucket of a real radosgw.</summary>
internal sealed class RefreshBench : IBench
{
    private const double ReachMilliseconds = 3;

    public string Name => "refresh";

    public string Summary => "refreshes a table after one new commit, beside one ranged read";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        List<Figure> figures = [await MeasureAsync(context, lake, "disk", lake.Store)];
        if (!RadosGateway.IsHere)
        {
            await context.Progress.WriteLineAsync("radosgw is not installed: its figure is left out");
            return figures;
        }

        await context.Progress.WriteLineAsync("starting radosgw");
        await using RadosGateway gateway = new();
        await using Lake bucket = Lake.Open(RadosGateway.AddressOf(await gateway.CreateBucketAsync(), context.PathOf("cache")));
        figures.Add(await MeasureAsync(context, lake, "radosgw", bucket.Store));
        return figures;
    }

    private static async Task<Figure> MeasureAsync(BenchContext context, Lake lake, string name, IObjectStore store)
    {
        const string Table = "long";
        int version = 0;
        while (version < 20) await PutAsync();
        DeltaLog log = new(store, Table, lake.Checkpoints);
        Snapshot known = await log.LoadAsync(null, context.Cancellation);
        // Who refreshes has run for long: what is not counted is the compiler at work on the client.
        for (int i = 0; i < context.Size(500, 10); i++)
        {
            await PutAsync();
            await ReadAsync(version - 1);
            known = await log.RefreshAsync(known, context.Cancellation);
        }

        Interleaved measured = await Interleaved.MeasureAsync(
            async () =>
            {
                await PutAsync();
                return await Interleaved.TimeAsync(() => ReadAsync(version - 1));
            },
            () => Interleaved.TimeAsync(async () =>
            {
                known = await log.RefreshAsync(known, context.Cancellation);
                if (known.Version != version - 1) throw new BenchException($"refresh: version {known.Version} was found, not {version - 1}");
            }),
            context.Size(200, 10));
        return Figure.AtMost(
            $"refresh/{name}", measured.OurSeconds * 1000, ReachMilliseconds, "ms", string.Create(CultureInfo.InvariantCulture, $"one ranged read, {measured.YardstickSeconds * 1000:0.00} ms"), measured.PeakMb);

        async Task PutAsync() => await store.TryPutIfAbsentAsync(LogFiles.Commit(Table, version), Encoding.UTF8.GetBytes(LongLog.Commit(version++)), context.Cancellation);

        async Task ReadAsync(int read)
        {
            await using Stream content = await store.OpenReadAsync(LogFiles.Commit(Table, read), 0, 1 << 20, context.Cancellation);
            await content.CopyToAsync(Stream.Null, context.Cancellation);
        }
    }
}
