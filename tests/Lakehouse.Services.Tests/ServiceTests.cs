using System.Net.Http.Json;
using System.Text.Json;
using Lakehouse.Cli.Demo;
using Lakehouse.Storage;
using Lakehouse.Testing.S3;

namespace Lakehouse.Services.Tests;

public sealed class ServiceTests(RadosGateway gateway) : IClassFixture<RadosGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Ingestion", "ConnectionStrings__source")]
    [InlineData("Transform", "ConnectionStrings__lake")]
    [InlineData("Catalog", "ConnectionStrings__metadata")]
    [InlineData("Api", "ConnectionStrings__lake")]
    public async Task A_service_without_its_connection_string_says_so_in_one_sentence(string service, string variable)
    {
        (int exitCode, string output) = await ServiceProcess.RunAsync($"Lakehouse.{service}", new Dictionary<string, string>());
        Assert.Equal(2, exitCode);
        Assert.Contains(variable, output, StringComparison.Ordinal);
        Assert.Single(output.Split(Environment.NewLine));
    }

    [Fact]
    public async Task A_lake_that_is_no_folder_is_refused_without_its_keys()
    {
        (int exitCode, string output) = await ServiceProcess.RunAsync("Lakehouse.Transform", new Dictionary<string, string> { ["ConnectionStrings__lake"] = "s3://bucket;SecretKey=hush" });
        Assert.Equal(2, exitCode);
        Assert.Contains("s3://", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_that_are_killed_and_restarted_under_load_give_the_sources_answers()
    {
        await using Platform platform = await Platform.StartAsync();
        // Ingestion first: it waits for its tables.
        ServiceProcess ingestion = await platform.StartAsync("Ingestion");
        await ServiceProcess.UntilAsync(
            async () => (await ingestion.GetAsync("/api/v1/sources"))[0].GetProperty("phase").GetString() == "waiting", () => ingestion.Output);
        await platform.SeedAsync();
        await ingestion.HealthyAsync();
        await platform.StartAsync("Transform");

        Task changing = platform.ChangeAsync(TimeSpan.FromSeconds(12));
        await ingestion.KillAsync();
        ingestion = await platform.StartAsync("Ingestion");
        await ingestion.HealthyAsync();
        await platform.StopAsync("Transform");
        ServiceProcess transform = await platform.StartAsync("Transform");
        await platform.StopAsync("Ingestion");
        ingestion = await platform.StartAsync("Ingestion");
        await transform.KillAsync();
        transform = await platform.StartAsync("Transform");
        await changing;

        await ingestion.HealthyAsync();
        Assert.All(await platform.CompareAsync(), answer => Assert.True(answer.Equal, answer.Name));
        await transform.HealthyAsync();
        await platform.StopAsync("Ingestion");
        await platform.StopAsync("Transform");
    }

    [Fact]
    public async Task The_catalog_hears_of_tables_and_finds_what_it_did_not_hear_and_the_api_answers()
    {
        await using Platform platform = await Platform.StartAsync();
        await platform.SeedAsync();
        ServiceProcess catalog = await platform.StartAsync("Catalog");
        await catalog.HealthyAsync();
        ServiceProcess ingestion = await platform.StartAsync("Ingestion");
        await ingestion.HealthyAsync();
        await ServiceProcess.UntilAsync(async () => (await TablesAsync(catalog)).Contains("bronze.sales_orders"), () => catalog.Output + ingestion.Output);

        // Its comparison with the lake is ten minutes away: what is built while it is down it finds as it starts.
        await platform.StopAsync("Catalog");
        await platform.StartAsync("Transform");
        Assert.All(await platform.CompareAsync(), answer => Assert.True(answer.Equal, answer.Name));
        catalog = await platform.StartAsync("Catalog");
        await catalog.HealthyAsync();
        Assert.Contains("gold.fact_sale", await TablesAsync(catalog));
        JsonElement entry = await catalog.GetAsync("/api/v1/tables/gold/fact_sale");
        Assert.True(entry.GetProperty("rows").GetInt64() > 0, entry.ToString());

        ServiceProcess api = await platform.StartAsync("Api");
        await api.HealthyAsync();
        using HttpResponseMessage answer = await api.Client.PostAsJsonAsync("/api/v1/sql", new { sql = "SELECT count(*) AS n FROM gold.fact_sale" }, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        foreach (string service in new[] { "Api", "Catalog" }) await platform.StopAsync(service);
    }

    [Fact]
    public async Task Over_a_bucket_changes_reach_gold_and_the_api()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        await using Platform platform = await Platform.StartAsync(folder => RadosGateway.AddressOf(bucket, Path.Combine(folder, "cache")));
        await platform.SeedAsync();
        ServiceProcess ingestion = await platform.StartAsync("Ingestion");
        await ingestion.HealthyAsync();
        await platform.StartAsync("Transform");

        await platform.ChangeAsync(TimeSpan.FromSeconds(2));

        Assert.All(await platform.CompareAsync(), answer => Assert.True(answer.Equal, answer.Name));
        ServiceProcess api = await platform.StartAsync("Api");
        await api.HealthyAsync();
        using HttpResponseMessage answer = await api.Client.PostAsJsonAsync("/api/v1/sql", new { sql = "SELECT count(*) AS n FROM gold.fact_sale" }, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        foreach (string service in new[] { "Api", "Transform", "Ingestion" }) await platform.StopAsync(service);
    }

    [Fact]
    public async Task The_sample_business_is_seeded_once()
    {
        await using Platform platform = await Platform.StartAsync();
        Assert.Contains("Created the sample business", await platform.SeedAsync(), StringComparison.Ordinal);
        Assert.Contains("already", await platform.SeedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_traces_and_metrics_reach_a_collector()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using Platform platform = await Platform.StartAsync();
        await platform.SeedAsync();
        ServiceProcess catalog = await platform.StartAsync("Catalog", collector);
        ServiceProcess ingestion = await platform.StartAsync("Ingestion", collector);
        await platform.StartAsync("Transform", collector);
        await ingestion.HealthyAsync();
        await platform.ChangeAsync(TimeSpan.FromSeconds(2));
        await collector.ReceivedAsync("traces", "ingestion", "cdc batch", "delta commit", "bronze.sales_orders");
        await collector.ReceivedAsync("traces", "transform", "model run", "model fact_sale");
        await collector.ReceivedAsync("traces", "catalog", "PUT /api/v1/tables", "http.response.status_code");
        await collector.ReceivedAsync("metrics", "ingestion", "lakehouse.ingestion.lag.bytes", "lakehouse.ingestion.rows", "lakehouse.table.freshness");
        await collector.ReceivedAsync("metrics", "transform", "lakehouse.transform.model.duration", "lakehouse.delta.commit.duration");
        await collector.ReceivedAsync("metrics", "catalog", "lakehouse.table.size", "http.server.request.duration");
        await collector.ReceivedAsync("logs", "ingestion", "sales.orders");
        await catalog.HealthyAsync();
    }

    private static async Task<IReadOnlyList<string>> TablesAsync(ServiceProcess catalog) =>
        [.. (await catalog.GetAsync("/api/v1/tables")).EnumerateArray().Select(table => table.GetProperty("name").GetString()!)];
}
