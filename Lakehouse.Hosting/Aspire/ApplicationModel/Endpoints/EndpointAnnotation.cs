using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A place where a resource listens. Unless told otherwise DCP stands before it as a proxy, so that replicas share a port.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private string? _transport;
    private bool? _tlsEnabled;
    private int? _port;
    private int? _targetPort;
    private bool _portCleared;
    private bool _targetPortCleared;

    public EndpointAnnotation(ProtocolType protocol, string? uriScheme = null, string? transport = null, [EndpointName] string? name = null, int? port = null, int? targetPort = null, bool? isExternal = null, bool? isProxied = null)
        : this(protocol, null, uriScheme, transport, name, port, targetPort, isExternal, isProxied)
    {
    }

    public EndpointAnnotation(ProtocolType protocol, string? uriScheme, string? transport, [EndpointName] string? name, int? port, int? targetPort, bool? isExternal, bool isProxied)
        : this(protocol, null, uriScheme, transport, name, port, targetPort, isExternal, (bool?)isProxied)
    {
    }

    public EndpointAnnotation(ProtocolType protocol, NetworkIdentifier? networkId, string? uriScheme, string? transport, [EndpointName] string? name, int? port, int? targetPort, bool? isExternal, bool isProxied)
        : this(protocol, networkId, uriScheme, transport, name, port, targetPort, isExternal, (bool?)isProxied)
    {
    }

    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="networkId">The network it is reached from without translation; localhost by default.</param>
    /// <param name="uriScheme">The scheme of its URL; the protocol's name by default.</param>
    /// <param name="transport">http, http2, tcp…; from the scheme by default.</param>
    /// <param name="name">Unique in the resource; the scheme by default.</param>
    /// <param name="port">The port clients use; any free one by default.</param>
    /// <param name="targetPort">The port the process or container listens on.</param>
    /// <param name="isExternal">Whether it is reached from outside where it is deployed.</param>
    /// <param name="isProxied">Whether DCP stands before it; yes by default.</param>
    public EndpointAnnotation(ProtocolType protocol, NetworkIdentifier? networkId, string? uriScheme = null, string? transport = null, [EndpointName] string? name = null, int? port = null, int? targetPort = null, bool? isExternal = null, bool? isProxied = null)
    {
        UriScheme = uriScheme ?? protocol.ToString().ToLowerInvariant();
        Name = name ?? UriScheme;
        ModelName.ThrowIfInvalid("Endpoint", Name);
        Protocol = protocol;
        _transport = transport;
        _port = port;
        _targetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsExplicitlyProxied = isProxied;
        DefaultNetworkID = networkId ?? KnownNetworkIdentifiers.LocalhostNetwork;
    }

    public string Name { get; set; }

    public ProtocolType Protocol { get; set; }

    public string UriScheme { get; set; }

    /// <summary>The port clients use. Without a proxy there is only one port, so the target port fills in.</summary>
    public int? Port
    {
        get => _port ?? (IsProxied || _portCleared ? null : _targetPort);
        set => (_port, _portCleared) = (value, value is null);
    }

    /// <summary>The port the process or container listens on. Without a proxy there is only one port, so the clients' fills in.</summary>
    public int? TargetPort
    {
        get => _targetPort ?? (IsProxied || _targetPortCleared ? null : _port);
        set => (_targetPort, _targetPortCleared) = (value, value is null);
    }

    /// <summary>The address the resource listens on.</summary>
    public string TargetHost { get; set; } = KnownHostNames.Localhost;

    /// <summary>http, http2, tcp…: how a manifest's binding is transported.</summary>
    public string Transport
    {
        get => _transport ?? (IsHttpScheme ? "http" : Protocol.ToString().ToLowerInvariant());
        set => _transport = value;
    }

    /// <summary>Whether it is reached from outside where it is deployed.</summary>
    public bool IsExternal { get; set; }

    /// <summary>What was said about the proxy, or null where nothing was.</summary>
    public bool? IsExplicitlyProxied { get; set; }

    public bool IsProxied
    {
        get => IsExplicitlyProxied ?? true;
        set => IsExplicitlyProxied = value;
    }

    /// <summary>Whether clients speak TLS to it: said, or by the scheme https.</summary>
    public bool TlsEnabled
    {
        get => _tlsEnabled ?? string.Equals(UriScheme, "https", StringComparison.OrdinalIgnoreCase);
        set => _tlsEnabled = value;
    }

    /// <summary>Whether a reference to the whole resource leaves this endpoint out.</summary>
    public bool ExcludeReferenceEndpoint { get; set; }

    public NetworkIdentifier DefaultNetworkID { get; }

    /// <summary>Where it is reached from each network.</summary>
    public NetworkEndpointSnapshotList AllAllocatedEndpoints { get; } = new();

    /// <summary>Where it is reached from its own network; null until it is known. Setting null tells all who wait that there is none.</summary>
    /// <exception cref="InvalidOperationException">The endpoint belongs to another network.</exception>
    public AllocatedEndpoint? AllocatedEndpoint
    {
        get => Snapshot.IsValueSet ? Snapshot.GetValueAsync().GetAwaiter().GetResult() : null;
        set
        {
            if (value is null)
            {
                Snapshot.SetException(new InvalidOperationException($"The endpoint '{Name}' is not allocated."));
                return;
            }

            if (value.NetworkID != DefaultNetworkID)
                throw new InvalidOperationException($"The endpoint '{Name}' belongs to the network '{DefaultNetworkID.Value}', the address to '{value.NetworkID.Value}'.");
            Snapshot.SetValue(value);
        }
    }

    [Obsolete("This property will be marked as internal in future Aspire release. Use AllocatedEndpoint and AllAllocatedEndpoints properties to access and change allocated endpoints associated with an EndpointAnnotation.")]
    public ValueSnapshot<AllocatedEndpoint> AllocatedEndpointSnapshot => Snapshot;

    /// <summary>Made from launchSettings.json, which does not count where the application is published.</summary>
    internal bool FromLaunchProfile { get; set; }

    /// <summary>The variable that tells the process its port; then ASPNETCORE_URLS does not.</summary>
    internal string? TargetPortEnvironmentVariable { get; set; }

    internal bool IsHttpScheme => UriScheme.ToLowerInvariant() is "http" or "https";

    private ValueSnapshot<AllocatedEndpoint> Snapshot => AllAllocatedEndpoints.Of(DefaultNetworkID);
}
