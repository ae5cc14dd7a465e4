using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Orchestration;

/// <summary>The commands that everything DCP runs has: start, stop, restart; which of them show follows from the state.</summary>
internal static class LifecycleCommands
{
    /// <summary>Adds the commands, once.</summary>
    public static void AddTo(IResource resource)
    {
        if (resource.Annotations.OfType<ResourceCommandAnnotation>().Any(c => c.Name == KnownResourceCommands.StartCommand))
            return;
        Add(resource, KnownResourceCommands.StartCommand, "Start", "Start resource", "Play", IconVariant.Filled, highlighted: true,
            (orchestrator, name, token) => orchestrator.StartResourceAsync(name, token),
            state => state is null || Busy(state) ? ResourceCommandState.Disabled : Stopped(state) || state == KnownResourceStates.Waiting ? ResourceCommandState.Enabled : ResourceCommandState.Hidden);
        Add(resource, KnownResourceCommands.StopCommand, "Stop", "Stop resource", "Stop", IconVariant.Filled, highlighted: true,
            (orchestrator, name, token) => orchestrator.StopResourceAsync(name, token),
            state => state == KnownResourceStates.Stopping ? ResourceCommandState.Disabled
                : state is null || Busy(state) || Stopped(state) || state == KnownResourceStates.Waiting ? ResourceCommandState.Hidden : ResourceCommandState.Enabled);
        Add(resource, KnownResourceCommands.RestartCommand, "Restart", "Restart resource", "ArrowCounterclockwise", IconVariant.Regular, highlighted: false,
            async (orchestrator, name, token) =>
            {
                await orchestrator.StopResourceAsync(name, token).ConfigureAwait(false);
                await orchestrator.StartResourceAsync(name, token).ConfigureAwait(false);
            },
            state => state is null || Busy(state) || Stopped(state) || state == KnownResourceStates.Waiting || state == KnownResourceStates.Stopping
                ? ResourceCommandState.Disabled : ResourceCommandState.Enabled);
    }

    private static void Add(
        IResource resource, string name, string displayName, string description, string icon, IconVariant variant, bool highlighted,
        Func<ApplicationOrchestrator, string, CancellationToken, Task> execute, Func<string?, ResourceCommandState> stateFor)
        => resource.Annotations.Add(new ResourceCommandAnnotation(
            name,
            displayName,
            context => stateFor(context.ResourceSnapshot.State?.Text),
            async context =>
            {
                await execute(context.ServiceProvider.GetRequiredService<ApplicationOrchestrator>(), context.ResourceName, context.CancellationToken).ConfigureAwait(false);
                return CommandResults.Success();
            },
            description,
            parameter: null,
            confirmationMessage: null,
            icon,
            variant,
            highlighted));

    private static bool Stopped(string state) => KnownResourceStates.TerminalStates.Contains(state) || state == KnownResourceStates.NotStarted;

    private static bool Busy(string state)
        => state == KnownResourceStates.Starting || state == KnownResourceStates.Building || state == KnownResourceStates.RuntimeUnhealthy;
}
