using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dcp;

/// <summary>Gives endpoints their addresses: each is a service of DCP, which proxies to the processes behind it unless told not to.</summary>
internal sealed class DcpServices(DcpOptions options)
{
    private static readonly TimeSpan AllocationLimit = TimeSpan.FromSeconds(60);

    /// <summary>The services DCP has.</summary>
    private readonly ConcurrentDictionary<string, bool> _created = new(StringComparer.Ordinal);

    /// <summary>The service behind an endpoint.</summary>
    public static string NameOf(IResource resource, EndpointAnnotation endpoint) => $"{resource.Name}-{endpoint.Name}".ToLowerInvariant();

    /// <summary>The annotation that tells DCP which services an instance of a resource serves, and on which ports if they are fixed.</summary>
    public static IReadOnlyList<DcpServiceProducer> ProducedBy(IResource resource)
        => [.. resource.Annotations.OfType<EndpointAnnotation>().Select(e => new DcpServiceProducer(NameOf(resource, e), Host(e).Address, e.TargetPort))];

    /// <summary>
    /// Allocates all endpoints of a resource. Where a fixed port is taken, the endpoint is allocated all the same, so that
    /// whoever refers to it is not kept waiting, but the resource cannot start: the reason is returned.
    /// </summary>
    public async Task<string?> AllocateAsync(DcpClient client, IResource resource, CancellationToken cancellationToken)
    {
        var reasons = await Task.WhenAll(resource.Annotations.OfType<EndpointAnnotation>().Select(e => AllocateAsync(client, resource, e, cancellationToken))).ConfigureAwait(false);
        return reasons.FirstOrDefault(r => r is not null);
    }

    private async Task<string?> AllocateAsync(DcpClient client, IResource resource, EndpointAnnotation endpoint, CancellationToken cancellationToken)
    {
        Check(resource, endpoint);
        string? reason = null;
        var port = FixedPort(endpoint);
        if (port is { } wanted && Taken(resource, endpoint, wanted) is { } taken)
            reason = taken;
        else
            port = await CreateAsync(client, resource, endpoint, port, cancellationToken).ConfigureAwait(false);

        var (address, binding) = Host(endpoint);
        var expression = $$$"""{{- portForServing "{{{NameOf(resource, endpoint)}}}" -}}""";
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, address, port!.Value, binding, expression, endpoint.DefaultNetworkID);
        var containers = KnownNetworkIdentifiers.DefaultAspireContainerNetwork;
        // Containers reach each other by name and own port, and programs of this machine through the host's name.
        endpoint.AllAllocatedEndpoints.AddOrUpdateAllocatedEndpoint(containers, resource.IsContainer()
            ? new AllocatedEndpoint(endpoint, ContainerAlias(resource), endpoint.TargetPort!.Value, EndpointBindingMode.SingleAddress, expression, containers)
            : new AllocatedEndpoint(endpoint, KnownHostNames.DockerDesktopHostBridge, port.Value, EndpointBindingMode.SingleAddress, expression, containers));
        return reason;
    }

    /// <summary>The name by which other containers reach a container.</summary>
    public static string ContainerAlias(IResource resource) => $"{resource.Name}.dev.internal";

    /// <summary>Makes up for services that <see cref="AllocateAsync"/> could not create; the reason is returned if that still is so.</summary>
    public async Task<string?> EnsureCreatedAsync(DcpClient client, IResource resource, CancellationToken cancellationToken)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(e => !_created.ContainsKey(NameOf(resource, e))))
        {
            if (FixedPort(endpoint) is { } wanted && Taken(resource, endpoint, wanted) is { } taken)
                return taken;
            await CreateAsync(client, resource, endpoint, FixedPort(endpoint), cancellationToken).ConfigureAwait(false);
        }
        return null;
    }

    private async Task<int> CreateAsync(DcpClient client, IResource resource, EndpointAnnotation endpoint, int? port, CancellationToken cancellationToken)
    {
        var name = NameOf(resource, endpoint);
        await client.CreateAsync(new DcpService
        {
            Metadata = new DcpMetadata
            {
                Name = name,
                Annotations = new() { [DcpApi.ResourceNameAnnotation] = resource.Name, [DcpApi.EndpointNameAnnotation] = endpoint.Name },
            },
            Spec = new DcpServiceSpec
            {
                Port = port,
                Protocol = endpoint.Protocol == ProtocolType.Udp ? "UDP" : "TCP",
                Address = IsLocalhost(endpoint.TargetHost) ? KnownHostNames.Localhost : endpoint.TargetHost,
                AddressAllocationMode = Proxied(resource, endpoint) ? DcpServiceSpec.Localhost : DcpServiceSpec.Proxyless,
            },
        }, cancellationToken).ConfigureAwait(false);
        _created[name] = true;
        if (!Proxied(resource, endpoint))
            return port!.Value;

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AllocationLimit);
        try
        {
            while (true)
            {
                if (await client.GetAsync<DcpService>(name, limit.Token).ConfigureAwait(false) is { Status.EffectivePort: > 0 and var effective })
                    return effective;
                await Task.Delay(20, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DcpException($"The orchestrator gave endpoint '{endpoint.Name}' of resource '{resource.Name}' no port within {AllocationLimit.TotalSeconds:0} s.");
        }
    }

    private static bool Proxied(IResource resource, EndpointAnnotation endpoint)
        => endpoint.IsProxied && resource.Annotations.OfType<ProxySupportAnnotation>().LastOrDefault()?.ProxyEnabled != false;

    private int? FixedPort(EndpointAnnotation endpoint) => options.RandomizePorts && endpoint.IsProxied ? null : endpoint.Port;

    /// <summary>What cannot work, in Aspire's words.</summary>
    private static void Check(IResource resource, EndpointAnnotation endpoint)
    {
        if (resource.IsContainer())
        {
            if (endpoint.TargetPort is null)
                throw new InvalidOperationException($"The endpoint '{endpoint.Name}' for container resource '{resource.Name}' must specify the TargetPort value.");
        }
        else if (!Proxied(resource, endpoint))
        {
            if (resource.GetReplicaCount() > 1)
                throw new InvalidOperationException($"Resource '{resource.Name}' uses multiple replicas and a proxy-less endpoint '{endpoint.Name}'. These features do not work together.");
            if (endpoint.Port is null)
                throw new InvalidOperationException($"The endpoint '{endpoint.Name}' of resource '{resource.Name}' needs to specify a port since it isn't using a proxy.");
            if (endpoint.Port != endpoint.TargetPort)
                throw new InvalidOperationException($"The endpoint '{endpoint.Name}' of resource '{resource.Name}' is not using a proxy, and its port {endpoint.Port} differs from its target port {endpoint.TargetPort}. For proxy-less endpoints they must match.");
        }
        else if (endpoint.TargetPort is { } target)
        {
            if (endpoint.Port == target)
                throw new InvalidOperationException($"The endpoint '{endpoint.Name}' of resource '{resource.Name}' requested a proxy, which cannot listen on port {target} as the resource itself does. Give one of them another port, or do without the proxy.");
            if (resource.GetReplicaCount() > 1)
                throw new InvalidOperationException($"Resource '{resource.Name}' can have multiple replicas, and its endpoint '{endpoint.Name}' has the target port {target}. Each replica must have a port of its own.");
        }
    }

    /// <summary>DCP says nothing when its proxy cannot listen, so it is tried before.</summary>
    private static string? Taken(IResource resource, EndpointAnnotation endpoint, int port)
    {
        if (endpoint.Protocol != ProtocolType.Tcp)
            return null;
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            try
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(address, port));
                socket.Listen();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return $"Port {port}, which resource '{resource.Name}' wants for its endpoint '{endpoint.Name}', is taken by another program. Stop that program, or give the endpoint another port or none (any free one).";
            }
            catch (SocketException)
            {
                // No IPv6 here, or a port that needs a privilege: DCP finds out for itself.
            }
        }
        return null;
    }

    /// <summary>The address to connect to for what a resource listens on, and whether that is all it listens on.</summary>
    private static (string Address, EndpointBindingMode Binding) Host(EndpointAnnotation endpoint)
    {
        if (string.IsNullOrEmpty(endpoint.TargetHost) || IsLocalhost(endpoint.TargetHost))
            return (KnownHostNames.Localhost, EndpointBindingMode.SingleAddress);
        if (!IPAddress.TryParse(endpoint.TargetHost, out var address))
            return (KnownHostNames.Localhost, EndpointBindingMode.DualStackAnyAddresses);
        if (address.Equals(IPAddress.Any))
            return (KnownHostNames.Localhost, EndpointBindingMode.IPv4AnyAddresses);
        return address.Equals(IPAddress.IPv6Any)
            ? (KnownHostNames.Localhost, EndpointBindingMode.IPv6AnyAddresses)
            : (endpoint.TargetHost, EndpointBindingMode.SingleAddress);
    }

    private static bool IsLocalhost(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
}
