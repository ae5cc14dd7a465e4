using System.Text.Json;
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

    private async Task<string> LatestRunAsync()
    {
        using HttpClient client = platform.App.CreateHttpClient("transform");
        using JsonDocument runs = JsonDocument.Parse(await client.GetStringAsync("/api/v1/runs", Platform.Deadline));
        return runs.RootElement[0].GetProperty("id").ToString();
    }
}
