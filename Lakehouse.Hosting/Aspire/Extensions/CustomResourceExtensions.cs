using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>For resource types of one's own.</summary>
public static class CustomResourceExtensions
{
    /// <summary>What a resource looks like before anything happened to it.</summary>
    public static IResourceBuilder<TResource> WithInitialState<TResource>(this IResourceBuilder<TResource> builder, CustomResourceSnapshot initialSnapshot)
        where TResource : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithAnnotation(new ResourceSnapshotAnnotation(initialSnapshot), ResourceAnnotationMutationBehavior.Replace);
    }
}
