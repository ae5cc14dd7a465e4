namespace Aspire.Hosting.ApplicationModel;

/// <summary>A further part of a connection string by name, or another value for one.</summary>
public sealed class ConnectionPropertyAnnotation : IResourceAnnotation
{
    public ConnectionPropertyAnnotation(string name, ReferenceExpression referenceExpression)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(referenceExpression);
        Name = name;
        Value = referenceExpression;
    }

    public string Name { get; }

    public ReferenceExpression Value { get; }
}

/// <summary>The connection string of another resource stands for this one's.</summary>
public class ConnectionStringRedirectAnnotation : IResourceAnnotation
{
    public ConnectionStringRedirectAnnotation(IResourceWithConnectionString resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Resource = resource;
    }

    public IResourceWithConnectionString Resource { get; }
}

/// <summary>What a reference puts into the environment.</summary>
[Flags]
public enum ReferenceEnvironmentInjectionFlags
{
    None = 0,

    /// <summary><c>ConnectionStrings__{name}</c>.</summary>
    ConnectionString = 1,

    /// <summary><c>{NAME}_{PROPERTY}</c>.</summary>
    ConnectionProperties = 2,

    /// <summary><c>services__{name}__{scheme}__{index}</c>.</summary>
    ServiceDiscovery = 4,

    /// <summary><c>{NAME}_{ENDPOINT}</c>.</summary>
    Endpoints = 8,

    All = 15,
}

/// <summary>What references put into the environment of a resource.</summary>
public sealed class ReferenceEnvironmentInjectionAnnotation : IResourceAnnotation
{
    public ReferenceEnvironmentInjectionAnnotation(ReferenceEnvironmentInjectionFlags flags)
    {
        Flags = flags;
    }

    public ReferenceEnvironmentInjectionFlags Flags { get; }
}

/// <summary>That a resource has to do with another, for those who look at the dashboard.</summary>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    /// <summary>Parent, Reference, WaitFor, or a word of one's own.</summary>
    public string Type { get; } = type;
}
