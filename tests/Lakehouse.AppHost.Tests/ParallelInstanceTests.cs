using Aspire.Hosting.Testing;

namespace Lakehouse.AppHost.Tests;

public sealed class ParallelInstanceTests
{
    [Fact]
    public async Task Two_platforms_run_beside_each_other_and_know_nothing_of_each_other()
    {
        Platform[] platforms = await Task.WhenAll(Platform.StartAsync(), Platform.StartAsync());
        try
        {
            await Task.WhenAll(platforms.Select(platform => platform.UntilHealthyAsync()));
            Assert.NotEqual(platforms[0].App.GetEndpoint("api"), platforms[1].App.GetEndpoint("api"));
            await platforms[0].CountSourceAsync("WITH gone AS (DELETE FROM sales.invoices RETURNING 1) SELECT count(*) FROM gone");
            await Task.WhenAll(platforms.Select(platform => platform.UntilAnswersAreEqualAsync()));
            Assert.NotEqual(0, await platforms[1].CountSourceAsync("SELECT count(*) FROM sales.invoices"));
        }
        finally
        {
            await Task.WhenAll(platforms.Select(platform => platform.DisposeAsync().AsTask()));
        }
    }
}
