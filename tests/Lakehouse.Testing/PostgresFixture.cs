using System.Globalization;
using Lakehouse.EmbeddedPostgres;
using Npgsql;
using Xunit;

namespace Lakehouse.Testing;

/// <summary>
/// One temporary PostgreSQL server for a class (<c>IClassFixture</c>) or an assembly (<c>AssemblyFixture</c>) of tests,
/// started at first use; each test takes a database of its own. Tests that crash servers start their own
/// <see cref="PostgresServer"/>.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim starting = new(1, 1);
    private PostgresServer? server;
    private int databases;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The server; the calling test is skipped where the build ships none.</summary>
    public async Task<PostgresServer> ServerAsync()
    {
        Assert.SkipUnless(PostgresServer.IsAvailable, "This build ships no PostgreSQL for this platform; build with -r linux-x64, linux-arm64, osx-x64, osx-arm64 or win-x64.");
        await starting.WaitAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        try
        {
            return server ??= await PostgresServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>Makes a new, empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        PostgresServer postgres = await ServerAsync().ConfigureAwait(false);
        string name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        await using NpgsqlDataSource admin = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using NpgsqlCommand create = admin.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        return postgres.ConnectionStringFor(name);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync().ConfigureAwait(false);
        starting.Dispose();
    }
}
