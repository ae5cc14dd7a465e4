using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lakehouse.Hosting.Tests.Dcp;

public sealed class DcpSessionTests
{
    [Fact]
    public async Task A_session_that_ends_leaves_no_process_and_no_folder()
    {
        Playground.RequireDcp();
        var session = await DcpSession.StartAsync(Playground.Options, NullLogger.Instance, Playground.Deadline);
        int pid;
        await using (session)
        {
            await session.Client.CreateAsync(Shell("sleeper", "exec sleep 1000"), Playground.Deadline);
            pid = (await UntilAsync(session, "sleeper", DcpStates.Running)).Status!.Pid!.Value;
            Assert.True(Playground.IsRunning(pid));
        }
        await Playground.UntilAsync(() => !Playground.IsRunning(pid), "the process ended");
        Assert.False(Directory.Exists(session.Folder));
    }

    [Fact]
    public async Task An_executable_tells_its_exit_code_and_what_it_wrote()
    {
        Playground.RequireDcp();
        await using var session = await DcpSession.StartAsync(Playground.Options, NullLogger.Instance, Playground.Deadline);
        await session.Client.CreateAsync(Shell("three", "echo out; echo err >&2; exit 3"), Playground.Deadline);
        var ended = await UntilAsync(session, "three", DcpStates.Finished);
        Assert.Equal(3, ended.Status!.ExitCode);
        Assert.EndsWith(" out", Assert.Single(await LinesAsync(session, "three", "stdout")), StringComparison.Ordinal);
        Assert.EndsWith(" err", Assert.Single(await LinesAsync(session, "three", "stderr")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_is_deleted_when_the_call_returns_and_can_be_made_again()
    {
        Playground.RequireDcp();
        await using var session = await DcpSession.StartAsync(Playground.Options, NullLogger.Instance, Playground.Deadline);
        await session.Client.CreateAsync(Shell("again", "exec sleep 1000"), Playground.Deadline);
        var first = await UntilAsync(session, "again", DcpStates.Running);
        await session.Client.DeleteAsync<DcpExecutable>("again", Playground.Deadline);
        Assert.Null(await session.Client.GetAsync<DcpExecutable>("again", Playground.Deadline));
        await session.Client.CreateAsync(Shell("again", "exec sleep 1000"), Playground.Deadline);
        var second = await UntilAsync(session, "again", DcpStates.Running);
        Assert.NotEqual(first.Metadata.Uid, second.Metadata.Uid);
    }

    [Fact]
    public async Task A_name_that_is_in_use_is_refused_with_its_reason()
    {
        Playground.RequireDcp();
        await using var session = await DcpSession.StartAsync(Playground.Options, NullLogger.Instance, Playground.Deadline);
        await session.Client.CreateAsync(Shell("twice", "exit 0"), Playground.Deadline);
        var refused = await Assert.ThrowsAsync<DcpException>(() => session.Client.CreateAsync(Shell("twice", "exit 0"), Playground.Deadline));
        Assert.Contains("already exists", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_orchestrator_is_named_with_the_way_to_get_it()
    {
        var nowhere = DcpOptions.From(new ConfigurationBuilder().AddInMemoryCollection([new("DcpPublisher:CliPath", "/nowhere/dcp")]).Build());
        var failed = await Assert.ThrowsAsync<DcpException>(() => DcpSession.StartAsync(nowhere, NullLogger.Instance, Playground.Deadline));
        Assert.Contains("'/nowhere/dcp'", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Node.js", failed.Message, StringComparison.Ordinal);
        Assert.Contains("DcpPublisher__CliPath", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_no_orchestrator_is_not_waited_for()
    {
        Playground.RequireDcp();
        var wrong = new DcpOptions { CliPath = "/bin/false" };
        var failed = await Assert.ThrowsAsync<DcpException>(() => DcpSession.StartAsync(wrong, NullLogger.Instance, Playground.Deadline));
        Assert.Contains("exit code 1", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("clusters:\n- cluster:\n    server: https://localhost:1\n")]
    [InlineData("    server: https://localhost:1\n    certificate-authority-data: YQ==\n    token: abc")]
    public void A_kubeconfig_that_is_not_complete_yet_is_none(string text)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        Assert.Null(DcpKubeconfig.TryRead(path));
        File.Delete(path);
    }

    private static DcpExecutable Shell(string name, string script) => new()
    {
        Metadata = new DcpMetadata { Name = name },
        Spec = new DcpExecutableSpec { ExecutablePath = "/bin/sh", Args = ["-c", script] },
    };

    private static async Task<DcpExecutable> UntilAsync(DcpSession session, string name, string state)
    {
        await foreach (var change in session.Client.WatchAsync<DcpExecutable>(Playground.Deadline))
        {
            if (change.Object.Metadata.Name == name && change.Object.Status?.State == state)
                return change.Object;
        }
        throw new InvalidOperationException($"The watch ended before '{name}' was {state}.");
    }

    private static async Task<List<string>> LinesAsync(DcpSession session, string name, string source)
    {
        var lines = new List<string>();
        await foreach (var line in session.Client.LogAsync<DcpExecutable>(name, source, follow: true, Playground.Deadline))
            lines.Add(line);
        return lines;
    }
}
