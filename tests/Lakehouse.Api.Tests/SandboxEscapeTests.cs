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
        "SELECT * FROM silver.orders AT (VERSION => getenv('HOME')::INT)",
        "SELECT * FROM system.silver.orders",
        "SELECT b.sql FROM (WITH duckdb_views AS (SELECT 1) SELECT 1) a, duckdb_views b, silver.orders c",
        "SELECT b.sql FROM (WITH x AS (SELECT 1) SELECT 1) a, x b, silver.orders c",
        "WITH duckdb_views AS (SELECT * FROM duckdb_views) SELECT * FROM duckdb_views, silver.orders",
        "WITH x AS (SELECT * FROM x) SELECT * FROM x, silver.orders",
        "WITH a AS (SELECT * FROM duckdb_views), duckdb_views AS (SELECT 1) SELECT * FROM a, silver.orders",
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, silver.orders",
        "WITH RECURSIVE sqlite_master(n) AS (SELECT count(*) FROM sqlite_master UNION ALL SELECT n + 1 FROM sqlite_master WHERE n < 9) SELECT * FROM sqlite_master, silver.orders",
        "WITH RECURSIVE r(n) AS (SELECT count(*) FROM r UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT * FROM r",
        "SELECT (WITH PG_class AS (SELECT 1) SELECT 1), * FROM PG_CLASS, silver.orders",
        "(WITH pragma_database_list AS (SELECT 1) SELECT 1, 'x') UNION ALL SELECT seq, file FROM pragma_database_list, silver.orders",
        "SELECT pg_get_viewdef(1)",
        "SELECT PG_GET_VIEWDEF(id::BIGINT) FROM silver.orders",
        "SELECT pg_catalog.pg_get_viewdef(1)",
        "SELECT (1).pg_get_viewdef()",
        "SELECT pg_get_constraintdef(1)",
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
            await process.RunAsync(new SandboxQuery([new SandboxTable("silver.orders", 0, "silver.orders")]), TestContext.Current.CancellationToken);
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
                await process.RunAsync(new SandboxQuery([new SandboxTable("silver.orders", 0, "silver.orders")]), TestContext.Current.CancellationToken);
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

    /// <summary>The files of a table still hold the rows that deletion vectors remove.</summary>
    [Theory]
    [InlineData("SELECT * FROM (WITH \"{0}\" AS (SELECT 1) SELECT 1) a, \"{0}\" b, silver.orders c")]
    [InlineData("WITH \"{0}\" AS (SELECT * FROM \"{0}\") SELECT * FROM \"{0}\", silver.orders c")]
    [InlineData("WITH a AS (SELECT * FROM \"{0}\"), \"{0}\" AS (SELECT 1) SELECT * FROM a, silver.orders c")]
    public async Task The_gate_refuses_the_tables_own_files_under_the_name_of_a_common_table_expression(string sql)
    {
        string file = Directory.EnumerateFiles(Path.Combine(shared.Api.LakeFolder, "silver", "orders"), "*.parquet", SearchOption.AllDirectories).First();
        await ApiHost.ProblemAsync(await shared.Api.PostAsync(sql.Replace("{0}", file, StringComparison.Ordinal)), 400);
    }

    [Theory]
    [InlineData("SELECT * FROM range(3)")]
    [InlineData("FROM generate_series(1, 3)")]
    [InlineData("SELECT unnest([1, 2, 3])")]
    [InlineData("WITH orders AS (FROM silver.orders) SELECT count(*) FROM orders")]
    [InlineData("WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 3) SELECT * FROM t")]
    [InlineData("WITH a AS (FROM silver.orders), b AS (FROM a), c AS (WITH d AS (FROM b) FROM d) SELECT count(*) FROM c, (SELECT max(id) FROM a) WHERE EXISTS (FROM b)")]
    [InlineData("WITH a AS (FROM silver.orders) SELECT id FROM a UNION ALL (WITH b AS (FROM a) SELECT id FROM b)")]
    [InlineData("WITH RECURSIVE base AS (SELECT 1 AS a), t(a) AS (SELECT a FROM base UNION ALL SELECT t.a + 1 FROM t, base WHERE t.a < 3) SELECT * FROM T")]
    [InlineData("SELECT o.id, (WITH same AS (SELECT p.id FROM silver.orders p WHERE p.id = o.id) SELECT count(*) FROM same) FROM silver.orders o")]
    [InlineData("WITH a AS MATERIALIZED (FROM silver.orders) SELECT * FROM a x JOIN LATERAL (SELECT count(*) AS n FROM a WHERE a.id <= x.id) ON true")]
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
