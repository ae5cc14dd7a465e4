using System.Diagnostics;
using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Testing;
using Lakehouse.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lakehouse.Hosting.Tests;

/// <summary>What the tests of the orchestrator run: real DCP, and a small service of ours.</summary>
internal static class Playground
{
    /// <summary>Every state that is waited for comes long before; a busy machine is given time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Cancelled when the test is, or its patience ends.</summary>
    public static CancellationToken Deadline
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Patience);
            return source.Token;
        }
    }

    /// <summary>Debug or Release, as this assembly was built.</summary>
    public static string Configuration { get; } = typeof(Playground).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    public static string ServiceProject { get; } =
        Path.Combine(Repository.Root, "tests", "Lakehouse.Hosting.Playground.Service", "Lakehouse.Hosting.Playground.Service.csproj");

    public static DcpOptions Options => DcpOptions.From(new ConfigurationBuilder().Build(), typeof(Playground).Assembly);

    /// <summary>Skips the test where this build has no orchestrator.</summary>
    public static void RequireDcp() => Assert.SkipUnless(
        File.Exists(Options.CliPath), "DCP is pinned for linux-x64 only; elsewhere install the Aspire CLI and set ASPIRE_DCP_PATH.");

    /// <summary>A builder without resources, whose log is the test's.</summary>
    public static IDistributedApplicationTestingBuilder CreateBuilder(params string[] args)
    {
        RequireDcp();
        var builder = DistributedApplicationTestingBuilder.Create(args);
        builder.Services.AddLogging(logging => logging.ClearProviders().AddProvider(new TestLog()).SetMinimumLevel(LogLevel.Information));
        return builder;
    }

    /// <summary>A shell that runs a script.</summary>
    public static IResourceBuilder<ExecutableResource> AddShell(this IDistributedApplicationBuilder builder, string name, string script)
        => builder.AddResource(new ExecutableResource(name, "/bin/sh", Path.GetTempPath())).WithArgs("-c", script);

    /// <summary>The service, run as a plain executable, with its http endpoint.</summary>
    public static IResourceBuilder<ExecutableResource> AddService(this IDistributedApplicationBuilder builder, string name)
    {
        var dll = Path.Combine(Path.GetDirectoryName(ServiceProject)!, "bin", Configuration, "net10.0", "Lakehouse.Hosting.Playground.Service.dll");
        var service = builder.AddResource(new ExecutableResource(name, "dotnet", Path.GetDirectoryName(dll)!)).WithArgs("exec", dll).WithHttpEndpoint();
        return service.WithEnvironment("ASPNETCORE_URLS", ReferenceExpression.Create($"http://localhost:{service.GetEndpoint("http").Property(EndpointProperty.TargetPort)}"));
    }

    /// <summary>Waits until a resource of the application is in a state, and returns the snapshot it was in.</summary>
    public static async Task<CustomResourceSnapshot> WaitForStateAsync(this DistributedApplication app, string resource, string state)
        => (await app.ResourceNotifications.WaitForResourceAsync(resource, e => e.Snapshot.State?.Text == state, Deadline)).Snapshot;

    /// <summary>The console log of a resource so far.</summary>
    public static async Task<string> LogAsync(this DistributedApplication app, string resource)
    {
        var loggers = app.Services.GetRequiredService<ResourceLoggerService>();
        var lines = new List<string>();
        await foreach (var batch in loggers.GetAllAsync(app.Resource(resource)))
            lines.AddRange(batch.Select(l => l.Content));
        return string.Join('\n', lines);
    }

    /// <summary>Waits until the console log of a resource holds a text.</summary>
    public static async Task WaitForLogAsync(this DistributedApplication app, string resource, string text)
    {
        var loggers = app.Services.GetRequiredService<ResourceLoggerService>();
        await foreach (var batch in loggers.WatchAsync(app.Resource(resource)).WithCancellation(Deadline))
        {
            if (batch.Any(l => l.Content.Contains(text, StringComparison.Ordinal)))
                return;
        }
        Assert.Fail($"The log of '{resource}' ended without '{text}'.");
    }

    public static IResource Resource(this DistributedApplication app, string name)
        => app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == name);

    /// <summary>The process of a resource, which runs.</summary>
    public static int Pid(this DistributedApplication app, string resource)
    {
        Assert.True(app.ResourceNotifications.TryGetCurrentState(resource, out var current));
        return (int)current.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value!;
    }

    /// <summary>Whether a process runs; one that ended and was not yet reaped does not.</summary>
    public static bool IsRunning(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited && !(OperatingSystem.IsLinux() && File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].StartsWith(" Z", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var deadline = Deadline;
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"It never came to be that {what}.");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>The AppHost's log goes to the output of the test it belongs to.</summary>
    private sealed class TestLog : ILoggerProvider, ILogger
    {
        private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            try
            {
                _output?.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel}: {formatter(state, exception)}{(exception is null ? "" : "\n" + exception)}");
            }
            catch (InvalidOperationException)
            {
                // The test is over.
            }
        }

        public void Dispose()
        {
        }
    }
}
