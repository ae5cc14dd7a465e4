namespace Aspire.Hosting.ApplicationModel;

/// <summary>An endpoint of a resource as others refer to it; it may be added to the resource later.</summary>
public sealed class EndpointReference : IExpressionValue, IValueWithReferences
{
    private EndpointAnnotation? _annotation;

    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint, NetworkIdentifier? contextNetworkId)
        : this(owner, (endpoint ?? throw new ArgumentNullException(nameof(endpoint))).Name, contextNetworkId)
    {
        _annotation = endpoint;
    }

    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint)
        : this(owner, endpoint, null)
    {
    }

    /// <param name="owner">The resource that listens.</param>
    /// <param name="endpointName">The endpoint's name, whatever the case.</param>
    /// <param name="contextNetworkId">The network it is seen from; null for that of whoever asks.</param>
    public EndpointReference(IResourceWithEndpoints owner, string endpointName, NetworkIdentifier? contextNetworkId = null)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(endpointName);
        Resource = owner;
        EndpointName = endpointName;
        ContextNetworkID = contextNetworkId;
    }

    public EndpointReference(IResourceWithEndpoints owner, string endpointName)
        : this(owner, endpointName, null)
    {
    }

    public IResourceWithEndpoints Resource { get; }

    public string EndpointName { get; }

    public NetworkIdentifier? ContextNetworkID { get; }

    /// <summary>What to say where the endpoint is wanted and does not exist.</summary>
    public string? ErrorMessage { get; init; }

    /// <exception cref="InvalidOperationException">The resource has no such endpoint.</exception>
    public EndpointAnnotation EndpointAnnotation => Annotation ?? throw new InvalidOperationException(
        ErrorMessage ?? $"The resource '{Resource.Name}' has no endpoint '{EndpointName}'; it has {Others()}.");

    public bool Exists => Annotation is not null;

    public bool IsAllocated => Allocated is not null;

    public bool IsHttp => string.Equals(Scheme, "http", StringComparison.OrdinalIgnoreCase);

    public bool IsHttps => string.Equals(Scheme, "https", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is called http or https, which tells nothing beyond its scheme.</summary>
    public bool IsHttpSchemeNamedEndpoint => EndpointName.ToLowerInvariant() is "http" or "https";

    public bool TlsEnabled => Exists && EndpointAnnotation.TlsEnabled;

    public bool ExcludeReferenceEndpoint => Exists && EndpointAnnotation.ExcludeReferenceEndpoint;

    public string Scheme => EndpointAnnotation.UriScheme;

    public int? TargetPort => EndpointAnnotation.TargetPort;

    /// <exception cref="InvalidOperationException">The endpoint is not allocated yet.</exception>
    public string Host => AllocatedOrThrow.Address;

    /// <exception cref="InvalidOperationException">The endpoint is not allocated yet.</exception>
    public int Port => AllocatedOrThrow.Port;

    /// <exception cref="InvalidOperationException">The endpoint is not allocated yet.</exception>
    public string Url => AllocatedOrThrow.UriString;

    string IManifestExpressionProvider.ValueExpression => Expression(EndpointProperty.Url);

    IEnumerable<object> IValueWithReferences.References => [Resource];

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    /// <summary>One text where the endpoint speaks TLS, another where it does not; decided when the value is wanted.</summary>
    public ReferenceExpression GetTlsValue(ReferenceExpression enabledValue, ReferenceExpression disabledValue) =>
        ReferenceExpression.CreateConditional(Property(EndpointProperty.TlsEnabled), bool.TrueString, enabledValue, disabledValue);

    /// <summary>The URL; waits until the endpoint is allocated.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    /// <inheritdoc cref="GetValueAsync(CancellationToken)"/>
    public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(context, cancellationToken);

    internal string Expression(EndpointProperty property)
    {
        return property switch
        {
            EndpointProperty.Url => Binding("url"),
            EndpointProperty.Host or EndpointProperty.IPV4Host => Binding("host"),
            EndpointProperty.Port => Binding("port"),
            EndpointProperty.Scheme => Binding("scheme"),
            EndpointProperty.TargetPort => Binding("targetPort"),
            EndpointProperty.HostAndPort => $"{Binding("host")}:{Binding("port")}",
            EndpointProperty.TlsEnabled => Binding("tlsEnabled"),
            _ => throw new InvalidOperationException($"The endpoint '{EndpointName}' has no property '{property}'."),
        };

        string Binding(string name) => $"{{{Resource.Name}.bindings.{EndpointName}.{name}}}";
    }

    // Looked up again until it is found: an endpoint may be added after the reference was made.
    private EndpointAnnotation? Annotation => _annotation ??= Resource.Annotations.OfType<EndpointAnnotation>()
        .SingleOrDefault(annotation => string.Equals(annotation.Name, EndpointName, StringComparison.OrdinalIgnoreCase));

    private AllocatedEndpoint? Allocated
    {
        get
        {
            ValueSnapshot<AllocatedEndpoint>? snapshot = Annotation?.AllAllocatedEndpoints.Of(ContextNetworkID ?? KnownNetworkIdentifiers.LocalhostNetwork);
            return snapshot is { IsValueSet: true } ? snapshot.GetValueAsync().GetAwaiter().GetResult() : null;
        }
    }

    private AllocatedEndpoint AllocatedOrThrow => Allocated
        ?? throw new InvalidOperationException($"The endpoint '{EndpointAnnotation.Name}' is not allocated for the resource '{Resource.Name}'.");

    private string Others()
    {
        string[] names = [.. Resource.Annotations.OfType<EndpointAnnotation>().Select(annotation => $"'{annotation.Name}'")];
        return names.Length == 0 ? "none" : string.Join(", ", names);
    }
}
