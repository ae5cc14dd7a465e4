using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>
    /// Gives a resource the connection string of another as <c>ConnectionStrings__{name}</c>, and its parts as
    /// <c>{NAME}_{PROPERTY}</c>.
    /// </summary>
    /// <param name="builder">Who gets it.</param>
    /// <param name="source">Whose it is.</param>
    /// <param name="connectionName">The name the receiver knows it by; the source's by default.</param>
    /// <param name="optional">Whether the receiver starts without it.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null, bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(source);
        IResourceWithConnectionString resource = source.Resource;
        string name = connectionName ?? resource.Name;
        return builder.WithReferenceRelationship(resource).WithEnvironment(context =>
        {
            ReferenceEnvironmentInjectionFlags wanted = Injected(builder.Resource);
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.ConnectionString))
                context.EnvironmentVariables[resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}"] = new ConnectionStringReference(resource, optional);
            if (!wanted.HasFlag(ReferenceEnvironmentInjectionFlags.ConnectionProperties))
                return;
            string prefix = name.Length == 0 ? "" : VariableName.Encode(name).ToUpperInvariant() + "_";
            foreach ((string property, ReferenceExpression value) in resource.GetConnectionProperties())
                context.EnvironmentVariables[prefix + property.ToUpperInvariant()] = value;
            foreach (ConnectionPropertyAnnotation property in resource.Annotations.OfType<ConnectionPropertyAnnotation>())
                context.EnvironmentVariables[prefix + property.Name.ToUpperInvariant()] = property.Value;
        });
    }

    /// <summary>Gives a resource all endpoints of another: <c>services__{name}__{scheme}__{index}</c> and <c>{NAME}_{ENDPOINT}</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(source);
        return builder.ReferToEndpoints(source.Resource, endpointName: null, name: null);
    }

    /// <summary>Gives a resource all endpoints of another under a name of its own.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source, string name)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(name);
        return builder.ReferToEndpoints(source.Resource, endpointName: null, name);
    }

    /// <summary>Gives a resource one endpoint of another.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(endpointReference);
        return builder.ReferToEndpoints(endpointReference.Resource, endpointReference.EndpointName, name: null);
    }

    /// <summary>Gives a resource a URL under a name: <c>services__{name}__default__0</c>.</summary>
    /// <exception cref="InvalidOperationException">The URL is not absolute, has a fragment or query, or a path that does not end with '/'.</exception>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || !uri.AbsolutePath.EndsWith('/') || uri.Fragment.Length > 0 || uri.Query.Length > 0)
            throw new InvalidOperationException($"The URL '{uri}' cannot be a service's: it must be absolute, end with '/', and have neither query nor fragment.");
        return builder.WithEnvironment(context =>
        {
            ReferenceEnvironmentInjectionFlags wanted = Injected(builder.Resource);
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.ServiceDiscovery))
                context.EnvironmentVariables[$"services__{name}__default__0"] = uri.ToString();
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.Endpoints))
                context.EnvironmentVariables[VariableName.Encode(name)] = uri.ToString();
        });
    }

    /// <summary>Gives a resource the URL of an external service.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, IResourceBuilder<ExternalServiceResource> externalService)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(externalService);
        ExternalServiceResource service = externalService.Resource;
        return builder.WithReferenceRelationship(service).WithEnvironment(async context =>
        {
            // A parameter's value is not known where the application is published, so neither is the scheme.
            bool isParameter = service.UrlParameter is not null;
            Uri? uri = isParameter && context.ExecutionContext.IsPublishMode ? null : await service.ResolveUriAsync(context.CancellationToken).ConfigureAwait(false);
            object value = (object?)service.UrlParameter ?? uri!.ToString();
            string variable = VariableName.Encode(service.Name).ToUpperInvariant();
            ReferenceEnvironmentInjectionFlags wanted = Injected(builder.Resource);
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.ServiceDiscovery))
                context.EnvironmentVariables[$"services__{service.Name}__{uri?.Scheme ?? "default"}__0"] = value;
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.Endpoints))
                context.EnvironmentVariables[isParameter && uri is not null ? $"{variable}_{uri.Scheme.ToUpperInvariant()}" : variable] = value;
        });
    }

    /// <summary>Chooses what references put into the environment of a resource; everything by default.</summary>
    public static IResourceBuilder<TDestination> WithReferenceEnvironment<TDestination>(this IResourceBuilder<TDestination> builder, ReferenceEnvironmentInjectionFlags flags)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithAnnotation(new ReferenceEnvironmentInjectionAnnotation(flags));
    }

    /// <summary>Adds a part to a connection string's, or sets one otherwise.</summary>
    public static IResourceBuilder<T> WithConnectionProperty<T>(this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithConnectionString
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithAnnotation(new ConnectionPropertyAnnotation(name, value));
    }

    /// <inheritdoc cref="WithConnectionProperty{T}(IResourceBuilder{T}, string, ReferenceExpression)"/>
    public static IResourceBuilder<T> WithConnectionProperty<T>(this IResourceBuilder<T> builder, string name, string value)
        where T : IResourceWithConnectionString => builder.WithConnectionProperty(name, ReferenceExpression.Create($"{value}"));

    /// <summary>Lets the connection string of another resource stand for this one's.</summary>
    public static IResourceBuilder<T> WithConnectionStringRedirection<T>(this IResourceBuilder<T> builder, IResourceWithConnectionString resource)
        where T : IResourceWithConnectionString
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithAnnotation(new ConnectionStringRedirectAnnotation(resource), ResourceAnnotationMutationBehavior.Replace);
    }

    /// <summary>A part of a connection string by name, whatever the case; empty where there is none.</summary>
    public static ReferenceExpression GetConnectionProperty(this IResourceWithConnectionString resource, string key)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return resource.GetConnectionProperties().FirstOrDefault(property => string.Equals(property.Key, key, StringComparison.OrdinalIgnoreCase)).Value ?? ReferenceExpression.Empty;
    }

    private static ReferenceEnvironmentInjectionFlags Injected(IResource resource) =>
        resource.TryGetLastAnnotation(out ReferenceEnvironmentInjectionAnnotation? injection) ? injection.Flags : ReferenceEnvironmentInjectionFlags.All;

    // One annotation and one callback per pair of resources, however many of the endpoints are referred to.
    private static IResourceBuilder<T> ReferToEndpoints<T>(this IResourceBuilder<T> builder, IResourceWithEndpoints source, string? endpointName, string? name)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        EndpointReferenceAnnotation? reference = builder.Resource.Annotations.OfType<EndpointReferenceAnnotation>().SingleOrDefault(annotation => annotation.Resource == source);
        if (reference is null)
        {
            reference = new EndpointReferenceAnnotation(source);
            if (builder.Resource.IsContainer())
                reference.ContextNetworkId = KnownNetworkIdentifiers.DefaultAspireContainerNetwork;
            builder.WithAnnotation(reference).WithEnvironment(context => SetEndpointVariables(context, reference, name));
        }

        if (endpointName is null)
            reference.UseAllEndpoints = true;
        else
            reference.EndpointNames.Add(endpointName);
        return builder.WithReferenceRelationship(source);
    }

    private static void SetEndpointVariables(EnvironmentCallbackContext context, EndpointReferenceAnnotation reference, string? name)
    {
        ReferenceEnvironmentInjectionFlags wanted = Injected(context.Resource);
        string service = name ?? reference.Resource.Name;
        foreach (EndpointReference endpoint in reference.Resource.GetEndpoints(reference.ContextNetworkId))
        {
            bool isReferred = reference.EndpointNames.Contains(endpoint.EndpointName) || (reference.UseAllEndpoints && !endpoint.ExcludeReferenceEndpoint);
            if (!isReferred)
                continue;
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.Endpoints))
            {
                string prefix = VariableName.Encode(name ?? reference.Resource.Name.ToUpperInvariant());
                context.EnvironmentVariables[$"{prefix}_{VariableName.Encode(endpoint.EndpointName).ToUpperInvariant()}"] = endpoint;
            }

            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.ServiceDiscovery))
            {
                // By scheme and not by name: service discovery compares it with the scheme of the URL that is called.
                int index = 0;
                while (context.EnvironmentVariables.ContainsKey($"services__{service}__{endpoint.Scheme}__{index}"))
                    index++;
                context.EnvironmentVariables[$"services__{service}__{endpoint.Scheme}__{index}"] = endpoint;
            }
        }
    }
}
