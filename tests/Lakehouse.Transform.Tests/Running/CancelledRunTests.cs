namespace Lakehouse.Transform.Tests;

public sealed class CancelledRunTests
{
    [Fact]
    public async Task A_cancelled_run_ends_and_the_next_goes_on_where_it_was()
    {
        await using var lake = new TransformLake();
        var business = new BronzeBusiness(lake, seed: 9);
        var project = DbtProject.Load(SampleModelsTests.Models);
        await business.NextRoundAsync();
        await lake.RunAsync(project);
        await business.NextRoundAsync();

        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var observer = new CancelAfter(cancellation, nodes: 4);
        await using (var runner = new ModelRunner(lake.Lake, project, observer: observer))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runner.RunAsync(cancellation.Token));
            Assert.Contains(observer.Finished, r => r.Status == NodeStatus.Skipped);

            // The same runner, with the sessions that were interrupted, is as good as new.
            SampleModelsTests.AssertSucceeded(await runner.RunAsync(TestContext.Current.CancellationToken));
        }

        await IncrementalEqualsFull.CheckAsync(lake, project);
    }

    private sealed class CancelAfter(CancellationTokenSource cancellation, int nodes) : IRunObserver
    {
        private readonly List<NodeResult> _finished = [];

        public IReadOnlyList<NodeResult> Finished => _finished;

        public void NodeFinished(NodeResult result)
        {
            lock (_finished)
            {
                _finished.Add(result);
                if (_finished.Count == nodes)
                    cancellation.Cancel();
            }
        }
    }
}
