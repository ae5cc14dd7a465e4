using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Runs the model: starts the resources when the AppHost starts and stops them with it.</summary>
internal sealed class OrchestratorHostService(ApplicationOrchestrator orchestrator, ILogger<DistributedApplication> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        logger.LogInformation("Distributed application starting.");
        try
        {
            await orchestrator.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // A host whose start fails does not stop its services.
            await orchestrator.StopAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        logger.LogInformation("Distributed application started. Press Ctrl+C to shut down.");
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => orchestrator.StopAsync();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
