using System.Net;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.ServiceDefaults.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class NpgsqlClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_data_source_is_registered_by_the_connection_strings_name_and_its_health_follows_the_server()
    {
        Assert.SkipUnless(PostgresServer.IsAvailable, "This build ships no PostgreSQL for this platform.");
        await using PostgresServer postgres = await PostgresServer.StartAsync(cancellationToken: Cancellation);
        await using TestService service = await TestService.StartAsync(
            configure: builder => builder.AddNpgsqlDataSource("metadata"), settings: [("ConnectionStrings:metadata", postgres.ConnectionString + ";Timeout=5")]);
        await using NpgsqlCommand command = service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SELECT 41 + 1");
        Assert.Equal(42, await command.ExecuteScalarAsync(Cancellation));

        using var client = new HttpClient { BaseAddress = service.Address };
        using HttpResponseMessage up = await client.GetAsync("/health", Cancellation);
        Assert.Equal(HttpStatusCode.OK, up.StatusCode);
        await postgres.StopAsync();
        using HttpResponseMessage down = await client.GetAsync("/health", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, down.StatusCode);
        Assert.Contains("'metadata' does not answer", await down.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_databases_are_told_apart_by_key()
    {
        await using TestService service = await TestService.StartAsync(
            configure: builder =>
            {
                builder.AddKeyedNpgsqlDataSource("one");
                builder.AddKeyedNpgsqlDataSource("two", settings => settings.DisableHealthChecks = true);
            },
            settings: [("ConnectionStrings:one", "Host=localhost;Database=first"), ("ConnectionStrings:two", "Host=localhost;Database=second")]);
        Assert.Contains("first", service.Services.GetRequiredKeyedService<NpgsqlDataSource>("one").ConnectionString, StringComparison.Ordinal);
        Assert.Contains("second", service.Services.GetRequiredKeyedService<NpgsqlDataSource>("two").ConnectionString, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_connection_string_is_named_with_the_variable_to_set()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        ServiceConfigurationException error = Assert.Throws<ServiceConfigurationException>(() => builder.AddNpgsqlDataSource("metadata"));
        Assert.Contains("ConnectionStrings__metadata", error.Message, StringComparison.Ordinal);
    }
}
