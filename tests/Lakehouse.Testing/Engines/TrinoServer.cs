using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lakehouse.Storage;

namespace Lakehouse.Testing.Engines;

/// <summary>A real Trino over one lake folder, found by <c>TRINO_HOME</c> (and <c>TRINO_JRE</c>), asked through its REST protocol.</summary>
public sealed class TrinoServer : IAsyncDisposable
{
    /// <summary>Why a test that needs Trino is skipped, and the way to get it.</summary>
    public const string SkipReason = "Trino is not here: set TRINO_HOME to a Trino 476 with the delta-lake connector, and TRINO_JRE to a Java 25 runtime.";

    private readonly EngineProcess process;
    private readonly HttpClient client;
    private readonly string folder;

    private TrinoServer(EngineProcess process, int port, string folder)
    {
        this.process = process;
        this.folder = folder;
        client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(10) };
        client.DefaultRequestHeaders.Add("X-Trino-User", "lakehouse");
    }

    /// <summary>Whether <c>TRINO_HOME</c> names a folder with a start script.</summary>
    public static bool IsHere => Home is { } home && File.Exists(StartScript(home));

    private static string Root => Path.TrimEndingDirectorySeparator(Path.GetTempPath());

    private static string? Home => Environment.GetEnvironmentVariable("TRINO_HOME");

    /// <summary>Starts a server whose catalogs <c>delta</c> and <c>iceberg</c> read tables below the temporary folder (<see cref="LocationOf"/>)
    /// that are registered with them; returns when it answers a query.</summary>
    public static async Task<TrinoServer> StartAsync(CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("lakehouse-trino-").FullName;
        string etc = Path.Combine(folder, "etc");
        int port = EngineProcess.FreePort();
        Directory.CreateDirectory(Path.Combine(etc, "catalog"));
        Directory.CreateDirectory(Path.Combine(folder, "metastore"));
        Directory.CreateDirectory(Path.Combine(folder, "iceberg-metastore"));
        await File.WriteAllTextAsync(Path.Combine(etc, "node.properties"), "node.environment=test\nnode.bind-ip=127.0.0.1\nnode.internal-address=127.0.0.1\n", cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(etc, "config.properties"),
            $"""
            coordinator=true
            node-scheduler.include-coordinator=true
            http-server.http.port={port}
            discovery.uri=http://127.0.0.1:{port}
            catalog.management=dynamic
            query.max-memory=500MB
            query.max-memory-per-node=500MB
            memory.heap-headroom-per-node=300MB

            """,
            cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(etc, "catalog", "delta.properties"),
            $"""
            connector.name=delta_lake
            hive.metastore=file
            hive.metastore.catalog.dir={LocationOf(Path.Combine(folder, "metastore"))}
            fs.native-local.enabled=true
            local.location={Root}
            delta.register-table-procedure.enabled=true

            """,
            cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(etc, "catalog", "iceberg.properties"),
            $"""
            connector.name=iceberg
            iceberg.catalog.type=TESTING_FILE_METASTORE
            iceberg.register-table-procedure.enabled=true
            hive.metastore.catalog.dir={LocationOf(Path.Combine(folder, "iceberg-metastore"))}
            fs.native-local.enabled=true
            local.location={Root}

            """,
            cancellationToken);
        EngineProcess process = EngineProcess.Start(
            "Trino",
            "/bin/sh",
            [StartScript(Home!), etc, Path.Combine(folder, "data")],
            new Dictionary<string, string> { ["HEAP"] = "1200m", ["TRINO_LAKE"] = Root, ["TRINO_JAVA_OPTS"] = EngineProcess.JavaForShortRuns },
            folder);
        var server = new TrinoServer(process, port, folder);
        await process.WaitUntilReadyAsync(async ct => (await server.QueryAsync("SHOW SCHEMAS FROM delta", ct)).Count > 0, TimeSpan.FromMinutes(5), cancellationToken);
        return server;
    }

    /// <summary>How Trino names a folder below the temporary folder.</summary>
    public static string LocationOf(string folder) => "local:///" + Path.GetRelativePath(Root, folder);

    /// <summary>Adds a catalog of Delta tables in a bucket, which it may write.</summary>
    public Task AddBucketAsync(string catalog, S3Options bucket, CancellationToken cancellationToken) => QueryAsync(
        $"""
        CREATE CATALOG {catalog} USING delta_lake WITH (
            "hive.metastore" = 'file', "hive.metastore.catalog.dir" = 's3://{bucket.Bucket}/metastore',
            "fs.native-s3.enabled" = 'true', "s3.endpoint" = '{bucket.Endpoint}', "s3.region" = '{bucket.Region}', "s3.path-style-access" = 'true',
            "s3.aws-access-key" = '{bucket.AccessKey}', "s3.aws-secret-key" = '{bucket.SecretKey}',
            "delta.register-table-procedure.enabled" = 'true', "delta.vacuum.min-retention" = '0s')
        """,
        cancellationToken);

    /// <summary>
    /// The rows of <paramref name="sql"/>, each the list of its values as JSON. A server that has no node for it at the moment, which
    /// happens while it starts and where the machine starves it, is asked again for a minute.
    /// </summary>
    /// <exception cref="InvalidOperationException">Trino refused; the message is Trino's.</exception>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            (List<JsonElement> rows, JsonElement? error) = await QueryOnceAsync(sql, cancellationToken);
            if (error is not { } refusal) return rows;
            if (refusal.GetProperty("errorName").GetString() != "NO_NODES_AVAILABLE" || patience.IsCancellationRequested)
                throw new InvalidOperationException($"Trino refused {sql}: {refusal.GetProperty("message").GetString()}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    private async Task<(List<JsonElement> Rows, JsonElement? Error)> QueryOnceAsync(string sql, CancellationToken cancellationToken)
    {
        var rows = new List<JsonElement>();
        using HttpResponseMessage first = await client.PostAsync("/v1/statement", new StringContent(sql, Encoding.UTF8, "text/plain"), cancellationToken);
        first.EnsureSuccessStatusCode();
        JsonElement page = await first.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        while (true)
        {
            if (page.TryGetProperty("error", out JsonElement error)) return (rows, error);
            if (page.TryGetProperty("data", out JsonElement data))
                rows.AddRange(data.EnumerateArray().Select(row => row.Clone()));
            if (!page.TryGetProperty("nextUri", out JsonElement next)) return (rows, null);
            page = await client.GetFromJsonAsync<JsonElement>(next.GetString(), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static string StartScript(string home) => Path.Combine(home, "bin", "trino-start");
}
