namespace Aspire.Hosting.ApplicationModel;

/// <summary>The base of all resources: a valid name and a list of annotations.</summary>
public abstract class Resource : IResource
{
    /// <exception cref="ArgumentException">The name breaks the rules of <see cref="ModelName"/>.</exception>
    protected Resource(string name)
    {
        ModelName.ThrowIfInvalid(nameof(Resource), name);
        Name = name;
    }

    public virtual string Name { get; }

    public virtual ResourceAnnotationCollection Annotations { get; } = [];

    public override string ToString() => $"{GetType().Name} {Name}";
}
