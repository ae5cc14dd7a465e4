using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>A PostgreSQL server wherever it was placed, and the databases on it.</summary>
public abstract class PlacedPostgres
{
    private protected PlacedPostgres()
    {
    }

    /// <summary>The server's resource; null when its databases are found by connection strings of their own.</summary>
    public abstract IResourceBuilder<IResource>? Server { get; }

    /// <summary>Adds a database. It is made when the server is ready, unless a connection string of its name says where it is.</summary>
    /// <param name="name">The resource's name, the connection string's and the database's.</param>
    public abstract IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name);
}

/// <summary>Databases that are somebody else's: each has a connection string.</summary>
internal sealed class ConnectedPostgres(IDistributedApplicationBuilder builder) : PlacedPostgres
{
    public override IResourceBuilder<IResource>? Server => null;

    public override IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name) => builder.AddConnectionString(name);
}

/// <summary>Aspire's own container.</summary>
internal sealed class ContainerPostgres(IResourceBuilder<PostgresServerResource> server) : PlacedPostgres
{
    public override IResourceBuilder<IResource> Server => server;

    private bool _hasFirst;

    public override IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name)
    {
        if (!string.IsNullOrEmpty(server.ApplicationBuilder.Configuration[$"ConnectionStrings:{name}"]))
            return server.ApplicationBuilder.AddConnectionString(name);
        // Run by an AppHost, databases are made by it; where the server is deployed, nobody but the image makes one, and only one.
        if (server.ApplicationBuilder.ExecutionContext.IsPublishMode && !_hasFirst) server.WithEnvironment("POSTGRES_DB", name);
        _hasFirst = true;
        return server.AddDatabase(name);
    }
}
