using System.Collections.Concurrent;
using System.Diagnostics;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres;
using Lakehouse.Ingestion.Sample;
using Lakehouse.Transform;

namespace Lakehouse.Services.Tests;

public sealed class TraceTests
{
    [Fact]
    public async Task A_model_run_links_to_the_batches_that_it_read_and_a_batch_holds_its_commits()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using Platform platform = await Platform.StartAsync();
        await platform.SeedAsync();
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Lakehouse.", StringComparison.Ordinal),
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        await using Lake lake = Lake.Open(platform.LakePlace);
        await using var ingester = new PostgresIngester(lake, new PostgresSourceOptions
        {
            Name = "shop",
            ConnectionString = platform.SourceConnectionString,
            Tables = SampleBusiness.Tables,
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task ingesting = ingester.RunAsync(stop.Token);
        await ingester.WaitForAsync(await platform.PositionAsync(), ct);
        await using var runner = new ModelRunner(lake, DbtProject.Load(Path.Combine(AppContext.BaseDirectory, "models")));
        await runner.SeedAsync(ct);
        await runner.RunAsync(ct);
        SimulatorReport changes = await platform.ChangeAsync(TimeSpan.FromSeconds(1));
        await ingester.WaitForAsync(changes.LastLsn, ct);
        await stop.CancelAsync();
        await ingesting;
        RunResults run = await runner.RunAsync(ct);

        Activity told = ended.Single(activity => activity.OperationName == "model run" && Equals(activity.GetTagItem("lakehouse.run"), run.InvocationId));
        List<Activity> batches = [.. ended.Where(activity => activity.OperationName == "cdc batch")];
        Assert.NotEmpty(batches);
        Assert.NotEmpty(told.Links);
        Assert.All(told.Links, link => Assert.Contains(batches, batch => batch.SpanId == link.Context.SpanId && batch.TraceId == link.Context.TraceId));
        Activity newest = batches.MaxBy(batch => (long)batch.GetTagItem("lakehouse.to_lsn")!)!;
        Assert.Contains(told.Links, link => link.Context.SpanId == newest.SpanId);
        // One trace goes from the source's commit to the rows of gold.
        Assert.Equal((newest.TraceId, newest.SpanId), (told.TraceId, told.ParentSpanId));
        Activity commit = ended.First(activity => activity.OperationName == "delta commit" && activity.ParentSpanId == batches[0].SpanId);
        Assert.Equal(batches[0].TraceId, commit.TraceId);
        Assert.Contains(ended, activity => activity.DisplayName == "model fact_sale" && activity.TraceId == told.TraceId);
    }
}
