using Lakehouse.Api.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace Lakehouse.Api.Tests;

/// <summary>SQL that reaches for what is not the lake's: refused at the gate, and behind the gate as well.</summary>
public sealed class SandboxEscapeTests(SqlEndpointTests.Shared shared) : IClassFixture<SqlEndpointTests.Shared>
{
    public static TheoryData<string> Escapes { get; } =
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
        "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
        "SELECT * FROM delta_scan('/tmp')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('silver.orders')",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
        "SELECT 1 UNION ALL SELECT length(content) FROM read_text('/etc/passwd')",
        "SELECT * FROM silver.orders WHERE id IN (SELECT size FROM read_text('/etc/passwd'))",
        "SELECT * FROM (DESCRIBE SELECT * FROM read_text('/etc/passwd'))",
        "SELECT * FROM silver.orders, LATERAL (SELECT * FROM read_text('/etc/passwd'))",
        "SELECT * FROM silver.orders PIVOT (count(*) FOR id IN (SELECT size FROM read_text('/etc/passwd')))",
        "SELECT getenv('HOME')",
        "SELECT current_setting('allowed_paths')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM enable_logging(storage='file', storage_path='/tmp/lakehouse-log')",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "COPY (SELECT 1) TO '/tmp/lakehouse-escape.csv'",
        "COPY silver.orders TO '/tmp/lakehouse-escape.csv'",
        "EXPORT DATABASE '/tmp/lakehouse-escape'",
        "ATTACH '/tmp/lakehouse-escape.db' AS x",
        "CREATE TABLE t AS SELECT 1",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit='100GB'",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "PRAGMA enable_profiling",
        "CALL pragma_version()",
        "SELECT 1; SELECT 2",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE x AS SELECT 1",
        "SHOW TABLES",
        "SELECT $1",
        "SELECT * FROM silver.orders AT (VERSION => 0)",
        "SELECT * FROM system.silver.orders",
        "-- nothing",
    ];

    /// <summary>The same without what only the gate minds.</summary>
    public static TheoryData<string> EscapesBehindTheGate { get; } =
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
        "COPY (SELECT 1) TO '/tmp/lakehouse-escape.csv'",
        "EXPORT DATABASE '/tmp/lakehouse-escape'",
        "ATTACH '/tmp/lakehouse-escape.db' AS x",
        "INSTALL httpfs",
        "LOAD '/tmp/x.duckdb_extension'",
        "SET memory_limit='100GB'",
        "SET enable_external_access=true",
        "SET allowed_paths=['/etc/passwd']",
        "RESET lock_configuration",
        "SET lock_configuration=false",
    ];

    [Theory]
    [MemberData(nameof(Escapes))]
    public async Task The_gate_refuses(string sql) => await ApiHost.ProblemAsync(await shared.Api.PostAsync(sql), 400);

    [Theory]
    [MemberData(nameof(EscapesBehindTheGate))]
    public async Task The_process_refuses_even_without_the_gate(string sql)
    {
        await using SandboxProcess process = await shared.Api.Service<SandboxPool>().TakeAsync(TestContext.Current.CancellationToken);
        await process.ParseAsync(sql, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<SandboxFailedException>(async () =>
        {
            await process.RunAsync(new SandboxQuery([new SandboxTable("silver.orders", 0)]), TestContext.Current.CancellationToken);
            await process.FetchAsync(10, TestContext.Current.CancellationToken);
        });
        Assert.False(File.Exists("/tmp/lakehouse-escape.csv"));
        Assert.False(File.Exists("/tmp/lakehouse-escape.db"));
    }

    [Fact]
    public async Task The_tables_own_files_cannot_be_written_even_without_the_gate()
    {
        string file = Directory.EnumerateFiles(Path.Combine(shared.Api.LakeFolder, "silver", "orders"), "*.parquet", SearchOption.AllDirectories).First();
        byte[] before = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await using (SandboxProcess process = await shared.Api.Service<SandboxPool>().TakeAsync(TestContext.Current.CancellationToken))
        {
            await process.ParseAsync($"COPY (SELECT 1) TO '{file}' (FORMAT parquet)", TestContext.Current.CancellationToken);
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await process.RunAsync(new SandboxQuery([new SandboxTable("silver.orders", 0)]), TestContext.Current.CancellationToken);
                await process.FetchAsync(10, TestContext.Current.CancellationToken);
            });
        }
        Assert.Equal(before, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_process_has_nothing_of_the_services_environment()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows a process's environment in /proc.");
        Environment.SetEnvironmentVariable("LAKEHOUSE_TEST_SECRET", "hunter2");
        await using SandboxProcess process = await SandboxProcess.StartAsync(shared.Api.Service<SandboxSetup>(), 1 << 20, TestContext.Current.CancellationToken);
        string environment = await File.ReadAllTextAsync($"/proc/{process.Id}/environ", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("hunter2", environment, StringComparison.Ordinal);
        Assert.All(environment.Split('\0', StringSplitOptions.RemoveEmptyEntries), variable => Assert.StartsWith("DOTNET_", variable, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SELECT * FROM range(3)")]
    [InlineData("FROM generate_series(1, 3)")]
    [InlineData("SELECT unnest([1, 2, 3])")]
    [InlineData("WITH orders AS (FROM silver.orders) SELECT count(*) FROM orders")]
    [InlineData("WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 3) SELECT * FROM t")]
    [InlineData("SELECT * FROM (VALUES (1), (2), (3)) v(a)")]
    [InlineData("DESCRIBE silver.orders")]
    [InlineData("SUMMARIZE silver.orders")]
    [InlineData("FROM silver.orders SELECT id LIMIT 3")]
    [InlineData("SELECT * FROM SILVER.Orders o JOIN silver.numbers n ON o.id = n.n")]
    [InlineData("SELECT * FROM (SELECT id, total FROM silver.orders) PIVOT (sum(total) FOR id IN (2, 3))")]
    [InlineData("SELECT id, sum(total) OVER (ORDER BY id) FROM silver.orders QUALIFY row_number() OVER (ORDER BY id) < 4")]
    [InlineData("SELECT [x * 2 FOR x IN [1, 2, 3]], {'a': 1}, MAP {'k': 1}")]
    public async Task Honest_queries_pass(string sql)
    {
        var page = await shared.Api.QueryAsync(sql);
        Assert.True(page.GetProperty("rowCount").GetInt32() > 0);
    }
}
