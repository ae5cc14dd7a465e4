using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Runs commands of resources, whoever asks: the dashboard, a test, another command.</summary>
public class ResourceCommandService
{
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _loggers;
    private readonly IServiceProvider _services;

    internal ResourceCommandService(ResourceNotificationService notifications, ResourceLoggerService loggers, IServiceProvider services)
    {
        _notifications = notifications;
        _loggers = loggers;
        _services = services;
    }

    /// <summary>Runs a command on one replica. Never throws for what the command does: its failure is the result.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        _notifications.TryGetCurrentState(resourceId, out ResourceEvent? current)
            ? ExecuteAsync(current.Resource, current.ResourceId, commandName, cancellationToken)
            : Task.FromResult(CommandResults.Failure($"Resource '{resourceId}' not found."));

    /// <summary>Runs a command on all replicas of a resource at the same time.</summary>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        IReadOnlyList<string> names = resource.InstanceNames();
        ExecuteCommandResult[] results = await Task.WhenAll(names.Select(name => ExecuteAsync(resource, name, commandName, cancellationToken))).ConfigureAwait(false);
        if (results.Length == 1)
            return results[0];
        string[] failures = [.. names.Zip(results).Where(pair => !pair.Second.Success && !pair.Second.Canceled).Select(pair => $"{pair.First}: {pair.Second.Message}")];
        if (failures.Length > 0)
            return CommandResults.Failure($"{failures.Length} of {results.Length} replicas failed. {string.Join(" ", failures)}");
        return results.Any(result => result.Canceled) ? CommandResults.Canceled() : CommandResults.Success();
    }

    private async Task<ExecuteCommandResult> ExecuteAsync(IResource resource, string resourceId, string commandName, CancellationToken cancellationToken)
    {
        ILogger logger = _loggers.GetLogger(resourceId);
        ResourceCommandAnnotation? command = resource.Annotations.OfType<ResourceCommandAnnotation>().LastOrDefault(annotation => annotation.Name == commandName);
        if (command is null)
            return CommandResults.Failure($"Command '{commandName}' not available for resource '{resourceId}'.");

        logger.LogInformation("Executing command '{Command}'.", commandName);
        try
        {
            ExecuteCommandResult result = await command.ExecuteCommand(new()
            {
                ResourceName = resourceId,
                ServiceProvider = _services,
                Logger = logger,
                CancellationToken = cancellationToken,
            }).ConfigureAwait(false);
            if (result.Success)
                logger.LogInformation("Successfully executed command '{Command}'.", commandName);
            else if (!result.Canceled)
                logger.LogError("Command '{Command}' failed: {Message}", commandName, result.Message);
            return result;
        }
        catch (OperationCanceledException)
        {
            return CommandResults.Canceled();
        }
#pragma warning disable CA1031 // A command is somebody else's code; whatever it throws is its answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.LogError(exception, "Error executing command '{Command}'.", commandName);
            return CommandResults.Failure(exception);
        }
    }
}
