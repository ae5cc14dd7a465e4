using System.Collections.Immutable;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What a resource looks like before anything happened to it.</summary>
public class ResourceSnapshotAnnotation : IResourceAnnotation
{
    public ResourceSnapshotAnnotation(CustomResourceSnapshot initialSnapshot)
    {
        ArgumentNullException.ThrowIfNull(initialSnapshot);
        InitialSnapshot = initialSnapshot;
    }

    public CustomResourceSnapshot InitialSnapshot { get; }
}

/// <summary>First snapshots of resources that did not say how they start out.</summary>
internal static class InitialSnapshots
{
    public static CustomResourceSnapshot Of(IResource resource) =>
        resource.Annotations.OfType<ResourceSnapshotAnnotation>().LastOrDefault()?.InitialSnapshot ?? new()
        {
            ResourceType = TypeOf(resource),
            Properties = [],
            Relationships = Relationships(resource),
        };

    /// <summary>The dashboard's word for the type of a resource.</summary>
    public static string TypeOf(IResource resource) => resource switch
    {
        ProjectResource => "Project",
        ContainerResource => "Container",
        ExecutableResource => "Executable",
        ParameterResource => "Parameter",
        ConnectionStringResource => "ConnectionString",
        ExternalServiceResource => "ExternalService",
        _ => resource.GetType().Name,
    };

    public static ImmutableArray<RelationshipSnapshot> Relationships(IResource resource) =>
    [
        .. resource is IResourceWithParent child ? [new RelationshipSnapshot(child.Parent.Name, KnownRelationshipTypes.Parent)] : Array.Empty<RelationshipSnapshot>(),
        .. resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(relation => new RelationshipSnapshot(relation.Resource.Name, relation.Type)),
    ];
}

/// <summary>The relationships that the dashboard knows.</summary>
internal static class KnownRelationshipTypes
{
    public const string Parent = "Parent";
    public const string Reference = "Reference";
    public const string WaitFor = "WaitFor";
}
