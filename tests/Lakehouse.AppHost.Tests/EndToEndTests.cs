using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.AppHost.Tests;

[Collection(OnSharedPlatform.Name)]
public sealed class EndToEndTests(SharedPlatform shared)
{
    private readonly Platform platform = shared.Platform;

    [Fact]
    public async Task Gold_answers_as_the_source_does_after_changes()
    {
        await platform.UntilAnswersAreEqualAsync();
        long before = await platform.CountSourceAsync("SELECT count(*) FROM sales.orders");
        await platform.CommandAsync("source", "simulate-burst");
        await platform.UntilAsync("burst", KnownResourceStates.Running);
        Assert.Equal(0, (await platform.UntilAsync("burst", KnownResourceStates.Finished)).ExitCode);
        Assert.True(await platform.CountSourceAsync("SELECT count(*) FROM sales.orders") > before);
        await platform.UntilAnswersAreEqualAsync();
        await platform.AssertBronzeIsWholeAsync();
    }

    public static TheoryData<string> Services => [.. Platform.Services];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_that_is_restarted_and_killed_while_the_source_changes_loses_and_doubles_nothing(string service)
    {
        await platform.CommandAsync("simulator", KnownResourceCommands.StartCommand);
        await platform.UntilAsync("simulator", KnownResourceStates.Running);
        long before = await platform.CountSourceAsync("SELECT count(*) FROM sales.orders");
        int first = platform.ProcessOf(service);
        await platform.CommandAsync(service, KnownResourceCommands.RestartCommand);
        await platform.App.ResourceNotifications.WaitForResourceHealthyAsync(service, Platform.Deadline);
        int second = platform.ProcessOf(service);
        Assert.NotEqual(first, second);

        using (var process = Process.GetProcessById(second)) process.Kill();
        await platform.UntilAsync(service, KnownResourceStates.Finished, KnownResourceStates.Exited, KnownResourceStates.FailedToStart);
        await platform.CommandAsync(service, KnownResourceCommands.StartCommand);
        await platform.App.ResourceNotifications.WaitForResourceHealthyAsync(service, Platform.Deadline);

        await platform.CommandAsync("simulator", KnownResourceCommands.StopCommand);
        Assert.True(await platform.CountSourceAsync("SELECT count(*) FROM sales.orders") > before);
        await platform.UntilAnswersAreEqualAsync();
        await platform.AssertBronzeIsWholeAsync();
    }
}
