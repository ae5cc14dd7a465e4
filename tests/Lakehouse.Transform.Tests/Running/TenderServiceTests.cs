using Lakehouse.Engine;
using Lakehouse.Testing;
using Lakehouse.Transform.Service;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lakehouse.Transform.Tests;

/// <summary>The service that tends the lake's tables in the background.</summary>
public sealed class TenderServiceTests
{
    [Fact]
    public async Task Tables_are_tended_unasked_and_the_lake_is_let_go_at_the_end()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using TemporaryFolder folder = new();
        await using Lake lake = Lake.Open(folder.Path, new LakeOptions { Threads = 1, MemoryLimit = "200MB" });
        LakeTable table = lake.Table(TableName.Parse("silver.small"));
        await using (LakeSession session = lake.OpenSession())
            for (int i = 0; i < 20; i++) await table.AppendAsync(session.Connection, $"SELECT {i} AS id", cancellationToken: cancel);
        using var service = new TenderService(lake, new TenderServiceOptions { FirstAfter = TimeSpan.Zero, Interval = TimeSpan.FromMilliseconds(50) }, NullLogger<TenderService>.Instance);

        await service.StartAsync(cancel);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromMinutes(1));
        while ((await table.SnapshotAsync(cancellationToken: deadline.Token)).Files.Count > 1) await Task.Delay(20, deadline.Token);
        await service.StopAsync(cancel);

        Assert.Equal("true", (await table.SnapshotAsync(cancellationToken: cancel)).CommitInfo!.OperationParameters!["auto"]);
        Assert.Null((await new LakeTender(lake, new TendingOptions { Owner = "another" }).RunRoundAsync(cancel)).HeldBy);
    }
}
