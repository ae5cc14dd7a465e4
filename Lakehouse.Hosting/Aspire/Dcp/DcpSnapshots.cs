using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.Dcp;

/// <summary>Puts what DCP reports about an instance into the state that is published.</summary>
internal static class DcpSnapshots
{
    /// <summary>What DCP says about an executable or container, in words common to both.</summary>
    public sealed record Report(
        string? State, int? ExitCode, DateTime? Created, DateTime? Started, DateTime? Stopped,
        IReadOnlyList<DcpEnvironmentVariable> Environment, IReadOnlyList<ResourcePropertySnapshot> Properties);

    public static async Task<Report> ReportAsync(DcpInstance instance, DcpExecutable executable, SecretMask mask)
    {
        var status = executable.Status;
        List<ResourcePropertySnapshot> properties =
        [
            new("executable.path", executable.Spec.ExecutablePath),
            new("executable.workDir", executable.Spec.WorkingDirectory),
            new("executable.args", await MaskAsync(status?.EffectiveArgs ?? executable.Spec.Args, mask).ConfigureAwait(false)) { IsSensitive = true },
            new("executable.pid", status?.Pid is > 0 ? status.Pid : null),
        ];
        if (instance.Resource.Annotations.OfType<IProjectMetadata>().LastOrDefault() is { } project)
            properties.Add(new("project.path", project.ProjectPath));
        return new Report(
            status?.State, ExitCodeOf(status),
            executable.Metadata.CreationTimestamp, status?.StartupTimestamp, status?.FinishTimestamp,
            await MaskAsync(instance, status?.EffectiveEnv, mask).ConfigureAwait(false), properties);
    }

    /// <summary>-1 for a process that a signal ended, as an unhandled exception of .NET does; null while it runs.</summary>
    private static int? ExitCodeOf(DcpExecutableStatus? status)
        => status is null || !DcpStates.IsTerminal(status.State) || status.State == DcpStates.FailedToStart ? null : status.ExitCode ?? -1;

    public static async Task<Report> ReportAsync(DcpInstance instance, DcpContainer container, SecretMask mask)
    {
        var status = container.Status;
        ImmutableArray<int> ports = [.. container.Spec.Ports?.Select(p => p.ContainerPort) ?? []];
        return new Report(
            status?.State, status?.ExitCode is -1 ? null : status?.ExitCode,
            container.Metadata.CreationTimestamp, status?.StartupTimestamp, status?.FinishTimestamp,
            await MaskAsync(instance, status?.EffectiveEnv, mask).ConfigureAwait(false),
            [
                new("container.image", container.Spec.Image),
                new("container.id", status?.ContainerId),
                new("container.command", container.Spec.Command),
                new("container.args", await MaskAsync(status?.EffectiveArgs ?? container.Spec.Args, mask).ConfigureAwait(false)) { IsSensitive = true },
                new("container.ports", ports),
                new("container.lifetime", container.Spec.Persistent == true ? nameof(ContainerLifetime.Persistent) : nameof(ContainerLifetime.Session)),
            ]);
    }

    /// <summary>The state that is published for one of DCP's; null for what tells nothing new.</summary>
    public static string? StateOf(Report report) => report.State switch
    {
        null or "" or "Unknown" => null,
        DcpStates.Pending => KnownResourceStates.Starting,
        // DCP's word for a process it was asked to stop.
        DcpStates.Terminated => KnownResourceStates.Exited,
        var state => state,
    };

    /// <summary>The next snapshot of an instance.</summary>
    public static CustomResourceSnapshot Apply(CustomResourceSnapshot previous, Report report, string? state)
    {
        var running = state == KnownResourceStates.Running;
        return previous with
        {
            State = state is null ? previous.State : new ResourceStateSnapshot(state, null),
            ExitCode = report.ExitCode,
            CreationTimeStamp = report.Created,
            StartTimeStamp = report.Started,
            StopTimeStamp = report.Stopped,
            Properties = [.. previous.Properties.Where(p => report.Properties.All(q => q.Name != p.Name)), .. report.Properties],
            EnvironmentVariables = [.. report.Environment.Select(v => new EnvironmentVariableSnapshot(v.Name, v.Value, IsFromSpec: true))],
            Urls = [.. previous.Urls.Select(u => u with { IsInactive = !running })],
        };
    }

    /// <summary>
    /// The variables that the model set. Those that were inherited are left out: they belong to the developer's session and
    /// may hold its tokens.
    /// </summary>
    private static async Task<IReadOnlyList<DcpEnvironmentVariable>> MaskAsync(DcpInstance instance, IReadOnlyList<DcpEnvironmentVariable>? variables, SecretMask mask)
    {
        var shown = new List<DcpEnvironmentVariable>();
        foreach (var variable in (variables ?? []).Where(v => instance.ModelVariables.Contains(v.Name)).OrderBy(v => v.Name, StringComparer.Ordinal))
            shown.Add(variable with { Value = await mask.ApplyAsync(variable.Value).ConfigureAwait(false) });
        return shown;
    }

    private static async Task<ImmutableArray<string>> MaskAsync(IReadOnlyList<string>? arguments, SecretMask mask)
    {
        var shown = ImmutableArray.CreateBuilder<string>();
        foreach (var argument in arguments ?? [])
            shown.Add(await mask.ApplyAsync(argument).ConfigureAwait(false) ?? "");
        return shown.ToImmutable();
    }
}
