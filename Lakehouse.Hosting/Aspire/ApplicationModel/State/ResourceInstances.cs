namespace Aspire.Hosting.ApplicationModel;

/// <summary>The names that the replicas of a resource run under. The orchestrator sets it before anything starts.</summary>
internal sealed class ResourceInstancesAnnotation(IReadOnlyList<string> names) : IResourceAnnotation
{
    /// <summary>At least one; the index is that of the replica.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}

/// <summary>How state and logs find the replicas of a resource.</summary>
internal static class ResourceInstances
{
    /// <summary>The replicas' names, or the resource's own where it has none.</summary>
    public static IReadOnlyList<string> InstanceNames(this IResource resource) =>
        resource.Annotations.OfType<ResourceInstancesAnnotation>().LastOrDefault()?.Names ?? [resource.Name];
}
