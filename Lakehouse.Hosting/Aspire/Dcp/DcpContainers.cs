using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dcp;

/// <summary>What DCP is asked to run for containers.</summary>
internal static class DcpContainers
{
    public static async Task<DcpContainer> CreateAsync(
        DcpInstance instance, LaunchConfiguration configuration, string? network, DistributedApplicationExecutionContext execution, ILogger logger, CancellationToken cancellationToken)
    {
        var resource = instance.Resource;
        var persistent = resource.Annotations.OfType<ContainerLifetimeAnnotation>().LastOrDefault()?.Lifetime == ContainerLifetime.Persistent;
        var build = resource.Annotations.OfType<DockerfileBuildAnnotation>().LastOrDefault();
        if (!resource.TryGetContainerImageName(out var image) && build is null)
            throw new DistributedApplicationException($"Container resource '{resource.Name}' names no image.");

        var runArguments = new List<object>();
        foreach (var callback in resource.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
            await callback.Callback(new ContainerRuntimeArgsCallbackContext(runArguments, cancellationToken)).ConfigureAwait(false);
        var context = new ValueProviderContext { ExecutionContext = execution, Caller = resource };
        var resolved = new List<string>();
        foreach (var argument in runArguments)
        {
            if (await LaunchConfiguration.ValueAsync(argument, "container runtime argument", resource, context, cancellationToken).ConfigureAwait(false) is { } text)
                resolved.Add(text);
        }

        return new DcpContainer
        {
            Metadata = DcpExecutables.Metadata(instance),
            Spec = new DcpContainerSpec
            {
                // A persistent container is found again by its name.
                ContainerName = resource.Annotations.OfType<ContainerNameAnnotation>().LastOrDefault()?.Name ?? (persistent ? resource.Name : instance.Name),
                Image = image,
                Build = build is null ? null : await BuildAsync(build, resource, context, logger, cancellationToken).ConfigureAwait(false),
                Command = (resource as ContainerResource)?.Entrypoint,
                Args = configuration.Arguments,
                RunArgs = resolved is [] ? null : resolved,
                Env = DcpExecutables.Environment(configuration),
                Persistent = persistent ? true : null,
                PullPolicy = resource.Annotations.OfType<ContainerImagePullPolicyAnnotation>().LastOrDefault()?.ImagePullPolicy switch
                {
                    ImagePullPolicy.Always => "always",
                    ImagePullPolicy.Missing => "missing",
                    ImagePullPolicy.Never => "never",
                    _ => null,
                },
                Ports = Ports(resource),
                VolumeMounts = [.. resource.Annotations.OfType<ContainerMountAnnotation>()
                    .Select(m => new DcpVolumeMount(m.Type == ContainerMountType.BindMount ? "bind" : "volume", m.Source, m.Target, m.IsReadOnly))],
                Networks = network is null ? null : [new DcpNetworkConnection(network, Aliases(resource))],
            },
        };
    }

    private static IReadOnlyList<DcpContainerPort>? Ports(IResource resource)
    {
        DcpContainerPort[] ports = [.. resource.Annotations.OfType<EndpointAnnotation>().Select(e => new DcpContainerPort(
            e.TargetPort!.Value, e.IsProxied ? null : e.Port, null, e.Protocol == System.Net.Sockets.ProtocolType.Udp ? "UDP" : "TCP"))];
        return ports is [] ? null : ports;
    }

    private static IReadOnlyList<string> Aliases(IResource resource)
        => [resource.Name, DcpServices.ContainerAlias(resource), .. resource.Annotations.OfType<ContainerNetworkAliasAnnotation>().Select(a => a.Alias)];

    private static async Task<DcpContainerBuild> BuildAsync(
        DockerfileBuildAnnotation build, IResource resource, ValueProviderContext context, ILogger logger, CancellationToken cancellationToken)
    {
        if (!File.Exists(build.DockerfilePath))
            throw new DistributedApplicationException($"The Dockerfile '{build.DockerfilePath}' of resource '{resource.Name}' does not exist.");
        logger.LogInformation("Building the image from {Dockerfile}.", build.DockerfilePath);
        var arguments = new List<DcpEnvironmentVariable>();
        foreach (var (name, value) in build.BuildArguments)
            arguments.Add(new DcpEnvironmentVariable(name, await LaunchConfiguration.ValueAsync(value, $"build argument '{name}'", resource, context, cancellationToken).ConfigureAwait(false)));
        var secrets = new List<DcpBuildSecret>();
        foreach (var (name, value) in build.BuildSecrets)
            secrets.Add(new DcpBuildSecret(name, "env", await LaunchConfiguration.ValueAsync(value, $"build secret '{name}'", resource, context, cancellationToken).ConfigureAwait(false)));
        return new DcpContainerBuild { Context = build.ContextPath, Dockerfile = build.DockerfilePath, Stage = build.Stage, Args = arguments, Secrets = secrets };
    }
}
