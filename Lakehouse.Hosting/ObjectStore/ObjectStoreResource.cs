using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>Where the lake's tables lie: a folder of this machine, or a bucket of an S3 server.</summary>
/// <param name="name">The resource's name.</param>
/// <param name="connectionString">
/// A folder's path, or <c>s3://bucket;Endpoint=…;Region=…;AccessKey=…;SecretKey=…</c>, as the services read it.
/// </param>
public sealed class ObjectStoreResource(string name, ReferenceExpression connectionString) : Resource(name), IResourceWithConnectionString
{
    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression { get; } = connectionString;

    /// <summary>The S3 server, when there is one.</summary>
    public S3Server? Server { get; init; }
}

/// <summary>How an S3 server is reached.</summary>
/// <param name="Endpoint">Its URL.</param>
/// <param name="AccessKey">The user.</param>
/// <param name="SecretKey">The user's secret.</param>
public sealed record S3Server(EndpointReference Endpoint, ParameterResource AccessKey, ParameterResource SecretKey);
