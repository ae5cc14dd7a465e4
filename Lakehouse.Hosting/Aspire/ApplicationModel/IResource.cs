namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something an application is made of: a project, an executable, a container, a database, a parameter.</summary>
public interface IResource
{
    /// <summary>Unique in the application, whatever the case; letters, digits and single hyphens.</summary>
    string Name { get; }

    /// <summary>Everything that was said about the resource while the model was built.</summary>
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>One statement about a resource. Marker only: readers look for the annotation types they know.</summary>
public interface IResourceAnnotation;
