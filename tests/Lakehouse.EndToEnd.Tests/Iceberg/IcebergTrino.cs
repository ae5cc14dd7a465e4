using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lakehouse.Testing.Engines;

namespace Lakehouse.EndToEnd.Tests.Iceberg;

/// <summary>A real Trino whose catalog <c>iceberg</c> has the schema <c>t</c>, for tables below the temporary folder that are registered by
/// their metadata. Started by the first test that asks.</summary>
public sealed class IcebergTrino : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lakehouse-iceberg-trino-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(3) };
    private readonly Lazy<Task<EngineProcess>> _process;

    public IcebergTrino() => _process = new Lazy<Task<EngineProcess>>(StartAsync);

    private static string Root => Path.TrimEndingDirectorySeparator(Path.GetTempPath());

    /// <summary>How this Trino names a folder below the temporary folder.</summary>
    public static string LocationOf(string folder) => "local:///" + Path.GetRelativePath(Root, folder);

    /// <summary>The rows of a query, each the list of its values as JSON; the calling test is skipped where Trino is not installed.</summary>
    /// <exception cref="InvalidOperationException">Trino refused; the message is Trino's.</exception>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(TrinoServer.IsHere, TrinoServer.SkipReason);
        await _process.Value;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                return await AskAsync(sql, cancellationToken);
            }
            catch (InvalidOperationException refusal) when (!patience.IsCancellationRequested && refusal.Message.Contains("No nodes available", StringComparison.Ordinal))
            {
                // It happens while a server starts, and where the machine starves it.
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        // A start that failed has said so to the tests that asked.
        if (_process.IsValueCreated && _process.Value.IsCompletedSuccessfully) await (await _process.Value).DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<EngineProcess> StartAsync()
    {
        string home = Environment.GetEnvironmentVariable("TRINO_HOME")!, etc = Path.Combine(_folder, "etc");
        int port = EngineProcess.FreePort();
        _client.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        _client.DefaultRequestHeaders.Add("X-Trino-User", "lakehouse");
        Directory.CreateDirectory(Path.Combine(etc, "catalog"));
        Directory.CreateDirectory(Path.Combine(_folder, "metastore"));
        await File.WriteAllTextAsync(Path.Combine(etc, "node.properties"), "node.environment=test\nnode.bind-ip=127.0.0.1\nnode.internal-address=127.0.0.1\n");
        await File.WriteAllTextAsync(
            Path.Combine(etc, "config.properties"),
            $"""
            coordinator=true
            node-scheduler.include-coordinator=true
            http-server.http.port={port}
            discovery.uri=http://127.0.0.1:{port}
            catalog.management=static
            query.max-memory=500MB
            query.max-memory-per-node=500MB
            memory.heap-headroom-per-node=300MB

            """);
        await File.WriteAllTextAsync(
            Path.Combine(etc, "catalog", "iceberg.properties"),
            $"""
            connector.name=iceberg
            iceberg.catalog.type=TESTING_FILE_METASTORE
            iceberg.register-table-procedure.enabled=true
            hive.metastore.catalog.dir={LocationOf(Path.Combine(_folder, "metastore"))}
            fs.native-local.enabled=true
            local.location={Root}

            """);
        EngineProcess process = EngineProcess.Start(
            "Trino", "/bin/sh", [Path.Combine(home, "bin", "trino-start"), etc, Path.Combine(_folder, "data")], new Dictionary<string, string> { ["HEAP"] = "1200m" }, _folder);
        await process.WaitUntilReadyAsync(async token => (await AskAsync("CREATE SCHEMA IF NOT EXISTS iceberg.t", token)).Count >= 0, TimeSpan.FromSeconds(120), CancellationToken.None);
        return process;
    }

    private async Task<IReadOnlyList<JsonElement>> AskAsync(string sql, CancellationToken cancellationToken)
    {
        List<JsonElement> rows = [];
        using HttpResponseMessage first = await _client.PostAsync("/v1/statement", new StringContent(sql, Encoding.UTF8, "text/plain"), cancellationToken);
        first.EnsureSuccessStatusCode();
        JsonElement page = await first.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        while (true)
        {
            if (page.TryGetProperty("error", out JsonElement error)) throw new InvalidOperationException($"Trino refused {sql}: {error.GetProperty("message").GetString()}");
            if (page.TryGetProperty("data", out JsonElement data)) rows.AddRange(data.EnumerateArray().Select(row => row.Clone()));
            if (!page.TryGetProperty("nextUri", out JsonElement next)) return rows;
            page = await _client.GetFromJsonAsync<JsonElement>(next.GetString(), cancellationToken);
        }
    }
}
