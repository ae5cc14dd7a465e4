using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Lakehouse.AppHost.Tests;

/// <summary>What the dashboard's commands do. "Simulate a burst" is in the end-to-end test, which needs its changes.</summary>
[Collection(OnSharedPlatform.Name)]
public sealed class CommandTests(SharedPlatform shared)
{
    private readonly Platform platform = shared.Platform;

    [Fact]
    public async Task Run_models_now_runs_them()
    {
        await platform.UntilAnswersAreEqualAsync();
        string before = await LatestRunAsync();
        await platform.CommandAsync("transform", "run-models");
        CancellationToken deadline = Platform.Deadline;
        while (await LatestRunAsync() == before) await Task.Delay(100, deadline);
    }

    [Fact]
    public async Task Compact_tables_rewrites_them_and_keeps_every_answer()
    {
        await platform.UntilAnswersAreEqualAsync();
        await platform.CommandAsync("lake", "compact-tables");
        CustomResourceSnapshot ended = await platform.UntilAsync("compact", KnownResourceStates.Finished, KnownResourceStates.Exited, KnownResourceStates.FailedToStart);
        Assert.Equal((KnownResourceStates.Finished, 0), (ended.State?.Text, ended.ExitCode));
        await platform.UntilLogHasAsync("compact", "bronze");
        await platform.UntilAnswersAreEqualAsync();
        await platform.AssertBronzeIsWholeAsync();
    }

    private async Task<string> LatestRunAsync()
    {
        using HttpClient client = platform.App.CreateHttpClient("transform");
        using JsonDocument runs = JsonDocument.Parse(await client.GetStringAsync("/api/v1/runs", Platform.Deadline));
        return runs.RootElement[0].GetProperty("id").ToString();
    }
}
