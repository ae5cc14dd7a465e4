using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Aspire.Hosting;

/// <summary>The SQL that creates a database.</summary>
internal sealed class PostgresCreationScriptAnnotation(string script) : IResourceAnnotation
{
    public string Script { get; } = script;
}

/// <summary>Creates the databases of a server that do not exist.</summary>
internal static class PostgresDatabases
{
    /// <exception cref="NpgsqlException">The server does not let us in, or a database could not be created.</exception>
    public static async Task CreateAsync(PostgresServerResource server, IResourceCollection resources, IServiceProvider services, CancellationToken cancellationToken)
    {
        ILogger logger = services.GetRequiredService<ResourceLoggerService>().GetLogger(server);
        string? connectionString = await server.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false);
        await using var connection = new NpgsqlConnection(connectionString + ";Database=postgres;Pooling=false");
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        foreach (PostgresDatabaseResource database in resources.OfType<PostgresDatabaseResource>().Where(database => database.Parent == server))
            await CreateAsync(connection, database, logger, cancellationToken).ConfigureAwait(false);
    }

    private static async Task CreateAsync(NpgsqlConnection connection, PostgresDatabaseResource database, ILogger logger, CancellationToken cancellationToken)
    {
        string quoted = "\"" + database.DatabaseName.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        string script = database.TryGetLastAnnotation(out PostgresCreationScriptAnnotation? own) ? own.Script : $"CREATE DATABASE {quoted}";
        try
        {
            await using var command = new NpgsqlCommand(script, connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            logger.LogInformation("Created database '{Database}'.", database.DatabaseName);
        }
        catch (PostgresException exists) when (exists.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // From an earlier run, or by somebody else at this moment.
            logger.LogDebug("Database '{Database}' exists.", database.DatabaseName);
        }
    }
}
