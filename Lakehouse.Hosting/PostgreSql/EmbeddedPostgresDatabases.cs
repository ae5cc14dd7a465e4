using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lakehouse.Hosting;

/// <summary>The embedded server and its databases.</summary>
internal sealed class EmbeddedPostgresDatabases(IResourceBuilder<EmbeddedPostgresResource> server) : PlacedPostgres
{
    public override IResourceBuilder<IResource> Server => server;

    public override IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name)
    {
        IDistributedApplicationBuilder builder = server.ApplicationBuilder;
        if (!string.IsNullOrEmpty(builder.Configuration[$"ConnectionStrings:{name}"])) return builder.AddConnectionString(name);
        var database = new EmbeddedPostgresDatabaseResource(name, server.Resource);
        server.OnResourceReady(async (resource, ready, cancellationToken) =>
        {
            await CreateAsync(resource, name, cancellationToken).ConfigureAwait(false);
            await ready.Services.GetRequiredService<ResourceNotificationService>()
                .PublishUpdateAsync(database, snapshot => snapshot with { State = KnownResourceStates.Running, StartTimeStamp = DateTime.UtcNow })
                .ConfigureAwait(false);
        });
        return builder.AddResource(database)
            .WithInitialState(new CustomResourceSnapshot
            {
                ResourceType = "PostgresDatabase",
                State = KnownResourceStates.Waiting,
                CreationTimeStamp = DateTime.UtcNow,
                Properties = [new ResourcePropertySnapshot("Database", name)],
            })
            .WithParentRelationship(server)
            .WithIconName("Database")
            .ExcludeFromManifest()
            .WithVersionProbe(cancellationToken => AskVersionAsync(database.ConnectionStringExpression, cancellationToken));
    }

    /// <summary>The server's answer to <c>SHOW server_version</c>.</summary>
    public static async Task<string> AskVersionAsync(ReferenceExpression connectionString, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await OpenAsync(connectionString, cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SHOW server_version", connection);
        return $"PostgreSQL {await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false)}";
    }

    private static async Task CreateAsync(EmbeddedPostgresResource server, string name, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await OpenAsync(server.ConnectionStringExpression, cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand($"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // A run before this one made it.
        }
    }

    // Unpooled: a probe must not keep a session open in a server that is to stop.
    private static async Task<NpgsqlConnection> OpenAsync(ReferenceExpression connectionString, CancellationToken cancellationToken)
    {
        string? text = await connectionString.GetValueAsync(cancellationToken).ConfigureAwait(false);
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(text) { Pooling = false, Timeout = 5, CommandTimeout = 5 }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
