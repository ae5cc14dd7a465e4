using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// One DCP process and what it runs, for as long as this process lives: disposing it stops every process and container and
/// removes its folder. If this process is killed, DCP notices (it monitors our process id) and does the same by itself.
/// </summary>
internal sealed class DcpSession : IAsyncDisposable
{
    /// <summary>DCP gives its processes about this long to stop before it kills them.</summary>
    private static readonly TimeSpan CleanupLimit = TimeSpan.FromSeconds(8);

    private readonly string _folder;
    private readonly ILogger _logger;
    private int _disposed;

    private DcpSession(DcpClient client, string folder, ILogger logger) => (Client, _folder, _logger) = (client, folder, logger);

    /// <summary>Where this DCP keeps what it needs while it runs.</summary>
    public string Folder => _folder;

    /// <summary>Speaks with this DCP.</summary>
    public DcpClient Client { get; }

    /// <summary>Starts DCP and returns when its API answers.</summary>
    /// <param name="options">Where DCP is and which container runtime it is to use.</param>
    /// <param name="logger">Told what DCP says at start.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <exception cref="DcpException">DCP is absent, cannot be run, or ended without serving.</exception>
    public static async Task<DcpSession> StartAsync(DcpOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var path = options.RequireCliPath();
        // Only we may read it: the kubeconfig in it holds the token. DCP removes it when it stops.
        var folder = Directory.CreateTempSubdirectory("aspire-dcp").FullName;
        DcpClient? client = null;
        try
        {
            var kubeconfig = Path.Combine(folder, "kubeconfig");
            await LaunchAsync(path, folder, kubeconfig, options.ContainerRuntime, logger, cancellationToken).ConfigureAwait(false);

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(options.StartLimit);
            try
            {
                DcpKubeconfig? found;
                while ((found = DcpKubeconfig.TryRead(kubeconfig)) is null)
                    await Task.Delay(20, deadline.Token).ConfigureAwait(false);
                client = new DcpClient(found);
                while (!await AnswersAsync(client, deadline.Token).ConfigureAwait(false))
                    await Task.Delay(20, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new DcpException($"The orchestrator at '{path}' did not answer within {options.StartLimit.TotalSeconds:0} s. Try running '{path} info' to see what is wrong with it.");
            }
            return new DcpSession(client, folder, logger);
        }
        catch
        {
            client?.Dispose();
            TryRemove(folder);
            throw;
        }
    }

    /// <summary>Stops everything this DCP started, then DCP; returns within about <see cref="CleanupLimit"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        using var limit = new CancellationTokenSource(CleanupLimit);
        try
        {
            await Client.SetExecutionStatusAsync("CleaningResources", limit.Token).ConfigureAwait(false);
            while (await Client.GetExecutionStatusAsync(limit.Token).ConfigureAwait(false) is not ("CleanupComplete" or "Stopping"))
                await Task.Delay(50, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or DcpException or OperationCanceledException)
        {
            _logger.LogWarning("The orchestrator did not finish its cleanup ({Reason}); it is told to stop anyway.", e.Message);
        }
        try
        {
            using var last = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await Client.SetExecutionStatusAsync("Stopping", last.Token).ConfigureAwait(false);
            while (Directory.Exists(_folder))
                await Task.Delay(20, last.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or DcpException or OperationCanceledException)
        {
            // Its last answer may be cut short by its end; should it live on, it ends with this process.
            _logger.LogDebug("The orchestrator's last answer: {Reason}", e.Message);
        }
        Client.Dispose();
        TryRemove(_folder);
    }

    /// <summary>Not for the orchestrator or what it runs: these are about this process.</summary>
    private static readonly string[] OwnVariables = ["ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "DOTNET_LAUNCH_PROFILE"];

    private static async Task LaunchAsync(string path, string folder, string kubeconfig, string? containerRuntime, ILogger logger, CancellationToken cancellationToken)
    {
        var certificate = DcpCertificate.Create(folder);
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "start-apiserver", "--monitor", $"{Environment.ProcessId}", "--monitor-interval", "1", "--detach", "--kubeconfig", kubeconfig,
                "--tls-cert-file", certificate.CertificatePath, "--tls-key-file", certificate.KeyPath,
            },
        };
        if (containerRuntime is not null)
        {
            start.ArgumentList.Add("--container-runtime");
            start.ArgumentList.Add(containerRuntime);
        }
        start.Environment["DCP_SESSION_FOLDER"] = folder;
        start.Environment[DcpExecutables.CacheVariable] = Path.Combine(folder, "cache");
        start.Environment[DcpExecutables.CollectVariable] = "20";
        foreach (var name in OwnVariables)
            start.Environment.Remove(name);

        // With --detach it starts itself a second time, away from our terminal (Ctrl+C is ours alone), and returns.
        using var launcher = new Process { StartInfo = start };
        try
        {
            launcher.Start();
        }
        catch (Win32Exception e)
        {
            throw new DcpException($"The orchestrator at '{path}' could not be run: {e.Message}.", e);
        }
        var said = Task.WhenAll(launcher.StandardOutput.ReadToEndAsync(cancellationToken), launcher.StandardError.ReadToEndAsync(cancellationToken));
        await launcher.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        var text = string.Join("", await said.ConfigureAwait(false)).Trim();
        if (launcher.ExitCode != 0)
            throw new DcpException($"The orchestrator at '{path}' ended with exit code {launcher.ExitCode} at start: {text}");
        logger.LogDebug("The orchestrator was started: {Output}", text);
    }

    /// <summary>The port opens a moment after the kubeconfig is written.</summary>
    private static async Task<bool> AnswersAsync(DcpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.PingAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static void TryRemove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // DCP was quicker, or still writes there and removes it at its own end.
        }
    }
}
