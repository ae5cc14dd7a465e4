namespace Aspire.Hosting.ApplicationModel;

/// <summary>Finds projects.</summary>
public static class ProjectResourceExtensions
{
    public static IEnumerable<ProjectResource> GetProjectResources(this DistributedApplicationModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Resources.OfType<ProjectResource>();
    }

    /// <summary>Where the project lies.</summary>
    /// <exception cref="DistributedApplicationException">Nobody said it.</exception>
    public static IProjectMetadata GetProjectMetadata(this ProjectResource projectResource)
    {
        ArgumentNullException.ThrowIfNull(projectResource);
        return projectResource.TryGetLastAnnotation(out IProjectMetadata? metadata)
            ? metadata
            : throw new DistributedApplicationException($"The project '{projectResource.Name}' does not say where it lies: it has no {nameof(IProjectMetadata)}.");
    }
}
