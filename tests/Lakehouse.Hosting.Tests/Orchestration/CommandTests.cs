using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Testing;

namespace Lakehouse.Hosting.Tests.Orchestration;

public sealed class CommandTests
{
    [Fact]
    public async Task A_command_of_our_own_runs_where_it_is_enabled_and_its_failure_is_its_answer()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddShell("shop", "exec sleep 1000")
            .WithCommand("burst", "Simulate a burst", context => Task.FromResult(CommandResults.Success($"burst on {context.ResourceName}")))
            .WithCommand("break", "Break", _ => throw new InvalidOperationException("broken on purpose"));
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        var running = await app.WaitForStateAsync("shop", KnownResourceStates.Running);
        Assert.Equal("Simulate a burst", running.Commands.Single(c => c.Name == "burst").DisplayName);
        var done = await app.ResourceCommands.ExecuteCommandAsync(app.Resource("shop"), "burst", Playground.Deadline);
        Assert.Equal((true, $"burst on {app.Resource("shop").InstanceNames()[0]}"), (done.Success, done.Message));
        var failed = await app.ResourceCommands.ExecuteCommandAsync(app.Resource("shop"), "break", Playground.Deadline);
        Assert.Equal((false, "broken on purpose"), (failed.Success, failed.Message));
    }

    [Fact]
    public async Task Start_stop_and_restart_show_where_they_make_sense()
    {
        await using var builder = Playground.CreateBuilder();
        builder.AddShell("later", "exec sleep 1000").WithExplicitStart();
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        Assert.Equal("Enabled Hidden Disabled", States(await app.WaitForStateAsync("later", KnownResourceStates.NotStarted)));
        await app.ResourceCommands.ExecuteCommandAsync(app.Resource("later"), KnownResourceCommands.StartCommand, Playground.Deadline);
        Assert.Equal("Hidden Enabled Enabled", States(await app.WaitForStateAsync("later", KnownResourceStates.Running)));

        static string States(CustomResourceSnapshot snapshot) => string.Join(' ', new[] { KnownResourceCommands.StartCommand, KnownResourceCommands.StopCommand, KnownResourceCommands.RestartCommand }
            .Select(name => snapshot.Commands.Single(c => c.Name == name).State));
    }

    [Fact]
    public async Task Secrets_are_masked_in_what_is_shown_and_what_is_inherited_is_not_shown_at_all()
    {
        await using var builder = Playground.CreateBuilder();
        var password = builder.AddParameter("password", "correct horse", secret: true);
        builder.AddShell("shop", "echo \"$CONNECTION\"; exec sleep 1000")
            .WithEnvironment("CONNECTION", ReferenceExpression.Create($"Host=localhost;Password={password}"))
            .WithEnvironment("PLAIN", "text")
            .WithArgs(password);
        await using var app = await builder.BuildAsync(Playground.Deadline);
        await app.StartAsync(Playground.Deadline);
        var running = await app.WaitForStateAsync("shop", KnownResourceStates.Running);
        Assert.Equal(
            ["CONNECTION=Host=localhost;Password=********", "PLAIN=text"],
            running.EnvironmentVariables.Select(v => $"{v.Name}={v.Value}"));
        var arguments = running.Properties.Single(p => p.Name == "executable.args");
        Assert.True(arguments.IsSensitive);
        Assert.Equal(SecretMask.Masked, ((IEnumerable<string>)arguments.Value!).Last());
        // The process itself got the real one.
        await app.WaitForLogAsync("shop", "Password=correct horse");
    }
}
