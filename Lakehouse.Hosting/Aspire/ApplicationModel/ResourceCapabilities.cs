namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource whose process or container gets environment variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>A resource that is started with command-line arguments.</summary>
public interface IResourceWithArgs : IResource;

/// <summary>A resource that listens somewhere.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>A resource whose start can wait for others.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>A resource that has no process or state of its own, such as a parameter: nobody waits for it.</summary>
public interface IResourceWithoutLifetime : IResource;

/// <summary>A resource that runs where the application is deployed.</summary>
public interface IComputeResource : IResource;

/// <summary>A resource that belongs to another: a database to its server.</summary>
public interface IResourceWithParent : IResource
{
    IResource Parent { get; }
}

/// <inheritdoc cref="IResourceWithParent"/>
public interface IResourceWithParent<out T> : IResourceWithParent
    where T : IResource
{
    new T Parent { get; }

    IResource IResourceWithParent.Parent => Parent;
}
