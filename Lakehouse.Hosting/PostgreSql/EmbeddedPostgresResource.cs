using Aspire.Hosting.ApplicationModel;
using Lakehouse.EmbeddedPostgres;

namespace Lakehouse.Hosting;

/// <summary>A real PostgreSQL from this build's own parts, run as an executable by the orchestrator.</summary>
public sealed class EmbeddedPostgresResource : ExecutableResource, IResourceWithConnectionString
{
    private const string EndpointName = "tcp";
    private readonly Lazy<Task<PostgresCommand>> _launch;

    internal EmbeddedPostgresResource(string name, string dataFolder)
        : base(name, "postgres", dataFolder)
    {
        DataFolder = dataFolder;
        PrimaryEndpoint = new EndpointReference(this, EndpointName);
        _launch = new Lazy<Task<PostgresCommand>>(() => PostgresCommand.PrepareAsync(new PostgresServerOptions { DataFolder = dataFolder }));
        Password = new LaunchValue(this, launch => launch.Password);
    }

    /// <summary>The cluster's folder.</summary>
    public string DataFolder { get; }

    /// <summary>Where the server listens.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>The password of the user <c>postgres</c>: made with the cluster, and kept in its folder.</summary>
    internal LaunchValue Password { get; }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression => ConnectionStringFor("postgres");

    /// <summary>How the superuser connects to one database.</summary>
    internal ReferenceExpression ConnectionStringFor(string database) => ReferenceExpression.Create(
        $"Host={PrimaryEndpoint.Property(EndpointProperty.IPV4Host)};Port={PrimaryEndpoint.Property(EndpointProperty.Port)};Username=postgres;Password={Password};Database={database};GSS Encryption Mode=Disable");

    /// <summary>Makes programs and data folder ready, once.</summary>
    internal Task<PostgresCommand> PrepareAsync() => _launch.Value;

    /// <summary>A value that is known when the data folder is ready. It is a secret, and no part of a manifest.</summary>
    internal sealed class LaunchValue(EmbeddedPostgresResource resource, Func<PostgresCommand, string> value) : IValueProvider, IManifestExpressionProvider
    {
        public string ValueExpression => $"{{{resource.Name}.password}}";

        public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
            value(await resource.PrepareAsync().WaitAsync(cancellationToken).ConfigureAwait(false));
    }
}

/// <summary>A database of an <see cref="EmbeddedPostgresResource"/>.</summary>
public sealed class EmbeddedPostgresDatabaseResource : Resource, IResourceWithParent<EmbeddedPostgresResource>, IResourceWithConnectionString
{
    internal EmbeddedPostgresDatabaseResource(string name, EmbeddedPostgresResource parent)
        : base(name) => Parent = parent;

    /// <inheritdoc/>
    public EmbeddedPostgresResource Parent { get; }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression => Parent.ConnectionStringFor(Name);
}
