using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A state and how the dashboard colours it (<see cref="KnownResourceStateStyles"/>).</summary>
public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    public static implicit operator ResourceStateSnapshot?(string? s) => s is null ? null : new(s, null);
}

/// <summary>One variable of a resource's environment; <paramref name="IsFromSpec"/> where the model set it.</summary>
public sealed record EnvironmentVariableSnapshot(string Name, string? Value, bool IsFromSpec);

/// <summary>A link to a resource. Internal ones are not for users.</summary>
public sealed record UrlSnapshot(string? Name, string Url, bool IsInternal)
{
    public UrlDisplayPropertiesSnapshot DisplayProperties { get; init; } = new();

    /// <summary>Not reachable yet.</summary>
    public bool IsInactive { get; init; }
}

/// <summary>How the dashboard shows a link; higher orders come first.</summary>
public sealed record UrlDisplayPropertiesSnapshot(string DisplayName = "", int SortOrder = 0);

/// <summary>A mount of a container.</summary>
public sealed record VolumeSnapshot(string? Source, string Target, string MountType, bool IsReadOnly);

/// <summary>That a resource has to do with another: Parent, Reference, WaitFor…</summary>
public sealed record RelationshipSnapshot(string ResourceName, string Type);

/// <summary>A property shown with a resource; sensitive ones are masked.</summary>
public sealed record ResourcePropertySnapshot(string Name, object? Value)
{
    public bool IsSensitive { get; init; }
}

/// <summary>The last answer of a health check; no status before the first.</summary>
public sealed record HealthReportSnapshot(string Name, HealthStatus? Status, string? Description, string? ExceptionText)
{
    /// <summary>When it was asked last (UTC).</summary>
    public DateTime? LastRunAt { get; init; }
}

/// <summary>Names of properties that the dashboard knows.</summary>
public static class CustomResourceKnownProperties
{
    /// <summary>Where the resource came from: a path, an image, a URL.</summary>
    public static string Source { get; } = "resource.source";

    public static string ConnectionString { get; } = "resource.connectionString";
}
