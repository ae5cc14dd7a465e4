using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lakehouse.Api.Tests;

/// <summary>The service on a free port of this machine, over a lake of its own, with its real sandbox processes.</summary>
public sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;

    private ApiHost(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromMinutes(2) };
    }

    public HttpClient Client { get; }

    /// <summary>The lake's folder.</summary>
    public string LakeFolder => Path.Combine(_folder, "lake");

    /// <summary>Starts the service over <c>silver.orders</c> (10 rows, two deleted by deletion vector, versions 0 to 2) and <c>silver.numbers</c> (200,000 rows).</summary>
    public static async Task<ApiHost> StartAsync(params (string Setting, object Value)[] settings)
    {
        string folder = Directory.CreateTempSubdirectory("lakehouse-api-tests-").FullName;
        await FillAsync(Path.Combine(folder, "lake"));
        WebApplication app = LakehouseApi.Create([], builder =>
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(
            [
                new("Lakehouse:Lake", Path.Combine(folder, "lake")),
                .. settings.Select(setting => new KeyValuePair<string, string?>($"Lakehouse:Sql:{setting.Setting}", Convert.ToString(setting.Value, CultureInfo.InvariantCulture))),
            ]);
        });
        await app.StartAsync();
        return new ApiHost(app, folder);
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Posts a statement with the request's other members, if any.</summary>
    public Task<HttpResponseMessage> PostAsync(string sql, object? more = null, CancellationToken cancellationToken = default)
    {
        Dictionary<string, object?> body = new() { ["sql"] = sql };
        foreach (var property in more?.GetType().GetProperties() ?? [])
            body[property.Name] = property.GetValue(more);
        return Client.PostAsJsonAsync("/api/v1/sql", body, cancellationToken);
    }

    /// <summary>The answer to a statement that must succeed.</summary>
    public async Task<JsonElement> QueryAsync(string sql, object? more = null) => await SuccessAsync(await PostAsync(sql, more));

    /// <summary>The body of an answer that must be a success.</summary>
    public static async Task<JsonElement> SuccessAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>The problem details of an answer that must be this failure.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(body).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task FillAsync(string folder)
    {
        await using Lake lake = Lake.Open(folder);
        using DuckDbConnection connection = lake.Database.Connect();
        LakeTable orders = lake.Table(TableName.Parse("silver.orders"));
        await orders.AppendAsync(connection, "SELECT i::INTEGER AS id, 'order ' || i AS name, (i * 1.25)::DECIMAL(12,2) AS total, DATE '2026-01-01' + i::INTEGER AS placed FROM range(10) t(i)", new WriteOptions(), default);
        await orders.MergeAsync(connection, "SELECT i::INTEGER AS id, 'gone' AS name, 0::DECIMAL(12,2) AS total, DATE '2026-01-01' AS placed, true AS _gone FROM range(2) t(i)", new MergeOptions { Keys = ["id"], DeleteWhen = "_gone", ExceptColumns = ["_gone"] }, default);
        await lake.Table(TableName.Parse("silver.numbers")).AppendAsync(connection, "SELECT i AS n, repeat('x', 20) AS text FROM range(200000) t(i)", new WriteOptions(), default);
    }
}
