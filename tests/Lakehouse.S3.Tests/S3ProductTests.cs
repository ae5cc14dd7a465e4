using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Lakehouse.Api;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Lakehouse.Testing;
using Lakehouse.Testing.S3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Lakehouse.S3.Tests;

/// <summary>The command line and the services take a bucket where they take a folder.</summary>
public sealed class S3ProductTests(RadosGateway gateway) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_command_line_reads_and_compacts_a_lake_named_by_the_usual_variables()
    {
        S3Options bucket = await FilledBucketAsync();
        Dictionary<string, string> variables = new()
        {
            ["AWS_ENDPOINT_URL_S3"] = bucket.Endpoint!.AbsoluteUri,
            ["AWS_REGION"] = bucket.Region!,
            ["AWS_ACCESS_KEY_ID"] = bucket.AccessKey!,
            ["AWS_SECRET_ACCESS_KEY"] = bucket.SecretKey!,
            ["LAKEHOUSE_LAKE"] = $"s3://{bucket.Bucket}",
            ["LAKEHOUSE_CACHE"] = _folder.File("cache"),
        };

        Assert.Contains("silver.fruit", await LakehouseAsync(variables, "tables"), StringComparison.Ordinal);
        await LakehouseAsync(variables, "optimize", "silver.fruit");
        Assert.Equal("rows\n20\n", await LakehouseAsync(variables, "sql", "-f", "csv", "SELECT count(*) AS rows FROM silver.fruit"));
    }

    [Fact]
    public async Task The_api_answers_from_a_bucket_though_its_sandboxes_have_no_keys()
    {
        S3Options bucket = await FilledBucketAsync();
        await using WebApplication app = LakehouseApi.Create([], builder =>
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:lake", RadosGateway.AddressOf(bucket, _folder.File("cache")))]);
        });
        await app.StartAsync(Token);
        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.Single()) };

        using HttpResponseMessage response = await client.PostAsJsonAsync("/api/v1/sql", new { sql = "SELECT count(*) AS n, sum(id) AS s FROM silver.fruit" }, Token);
        string body = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, body);
        using JsonDocument answer = JsonDocument.Parse(body);
        Assert.Contains("20", answer.RootElement.GetProperty("rows").GetRawText(), StringComparison.Ordinal);

        // What the conditions exclude is not fetched: it could not be any more.
        await using S3ObjectStore store = new(bucket);
        await using (Lake lake = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("other"))))
        {
            await using LakeSession session = lake.OpenSession();
            LakeTable table = lake.Table(TableName.Parse("silver.fruit"));
            await table.AppendAsync(session.Connection, "SELECT 1000 AS id", cancellationToken: Token);
            await table.AppendAsync(session.Connection, "SELECT 2000 AS id", cancellationToken: Token);
            await store.DeleteAsync("silver/fruit/" + (await table.SnapshotAsync(cancellationToken: Token)).Files.Single(file => file.Stats!.Contains("2000", StringComparison.Ordinal)).Path, Token);
        }

        using HttpResponseMessage pruned = await client.PostAsJsonAsync("/api/v1/sql", new { sql = "SELECT f.id + g.id AS s FROM silver.fruit f JOIN silver.fruit g ON f.id = g.id WHERE f.id BETWEEN 900 AND 1100 AND g.id < 1500" }, Token);
        Assert.Contains("2000", await pruned.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.True(pruned.IsSuccessStatusCode);
        using HttpResponseMessage health = await client.GetAsync("/health", Token);
        Assert.True(health.IsSuccessStatusCode, await health.Content.ReadAsStringAsync(Token));
        await app.StopAsync(Token);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Twenty rows in two files, five more deleted by deletion vectors.</summary>
    private async Task<S3Options> FilledBucketAsync()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        await using Lake lake = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("cache")), new LakeOptions { Threads = 1, MemoryLimit = "200MB" });
        await using LakeSession session = lake.OpenSession();
        LakeTable table = lake.Table(TableName.Parse("silver.fruit"));
        await table.AppendAsync(session.Connection, "SELECT i AS id FROM range(15) r(i)", cancellationToken: Token);
        await table.AppendAsync(session.Connection, "SELECT 100 + i AS id FROM range(10) r(i)", cancellationToken: Token);
        await table.MergeAsync(session.Connection, "SELECT i AS id FROM range(5) r(i)", new MergeOptions { Keys = ["id"], DeleteWhen = "true" }, Token);
        return bucket;
    }

    private static async Task<string> LakehouseAsync(Dictionary<string, string> variables, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "lakehouse.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in variables) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token), errors = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, await errors);
        return await output;
    }
}
