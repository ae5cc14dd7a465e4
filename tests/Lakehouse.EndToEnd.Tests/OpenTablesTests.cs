using System.Globalization;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Testing.Engines;

namespace Lakehouse.EndToEnd.Tests;

/// <summary>
/// "Every table is open": the tables that the demo left behind give Spark and Trino the same counts and sums as they give us.
/// Every table of the lake is compared, not a sample, and among them are tables with deletion vectors.
/// </summary>
public sealed class OpenTablesTests(DemoLake demo, RealEngines engines) : IClassFixture<DemoLake>
{
    [Fact]
    public async Task Spark_reads_every_table_as_we_do()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await CompareAsync(
            async (table, fingerprint) =>
            {
                string from = $"delta.`{Path.Combine(demo.Folder, table.Schema, table.Name)}`";
                JsonElement row = Assert.Single(await engines.WithSparkAsync(spark => spark.QueryAsync($"SELECT concat_ws('|', {fingerprint.Expressions('`')}) AS answer FROM {from}", cancel)));
                return row.GetProperty("answer").GetString()!;
            },
            cancel);
    }

    [Fact]
    public async Task Trino_reads_every_table_as_we_do()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        TrinoServer trino = await engines.TrinoAsync();
        foreach (string schema in new[] { "bronze", "silver", "gold" })
            await trino.QueryAsync($"CREATE SCHEMA delta.{schema}", cancel);
        await CompareAsync(
            async (table, fingerprint) =>
            {
                await trino.QueryAsync($"CALL delta.system.register_table('{table.Schema}', '{table.Name}', '{TrinoServer.LocationOf(Path.Combine(demo.Folder, table.Schema, table.Name))}')", cancel);
                JsonElement row = Assert.Single(await trino.QueryAsync($"SELECT concat_ws('|', {fingerprint.Expressions('"')}) FROM delta.{table.Schema}.\"{table.Name}\"", cancel));
                return row[0].GetString()!;
            },
            cancel);
    }

    private async Task CompareAsync(Func<TableName, Fingerprint, Task<string>> askAsync, CancellationToken cancel)
    {
        await using Lake lake = Lake.Open(demo.Folder);
        var differences = new List<string>();
        var schemas = new HashSet<string>();
        bool deletionVectors = false;
        foreach (TableName table in (await lake.ListTablesAsync(cancel)).Where(table => table.Schema is "bronze" or "silver" or "gold"))
        {
            Snapshot snapshot = await lake.Table(table).SnapshotAsync(cancellationToken: cancel);
            schemas.Add(table.Schema);
            deletionVectors |= snapshot.Files.Any(file => file.DeletionVector is not null);
            var fingerprint = new Fingerprint(snapshot.Schema);
            await using LakeSession session = lake.OpenSession();
            string sql = $"SELECT concat_ws('|', {fingerprint.Expressions('"')}) FROM {table.Schema}.\"{table.Name}\"";
            await session.BindAsync(sql, cancellationToken: cancel);
            string ours = (await session.Connection.ScalarAsync<string>(sql, cancel))!;
            string theirs = await askAsync(table, fingerprint);
            if (ours != theirs)
                differences.Add($"{table}: ours {ours}, theirs {theirs}");
        }

        Assert.Empty(differences);
        Assert.Superset(new HashSet<string> { "bronze", "silver", "gold" }, schemas);
        Assert.True(deletionVectors, "No table of the demo's lake has a deletion vector, so this test does not show that they are read.");
    }

    /// <summary>Counts and sums of a table in SQL that means the same in DuckDB, Spark and Trino; every value cast to text.</summary>
    private sealed class Fingerprint(StructType schema)
    {
        public string Expressions(char quote)
        {
            var parts = new List<string> { "CAST(count(*) AS VARCHAR(50))" };
            foreach (StructField field in schema.Fields)
            {
                string column = string.Create(CultureInfo.InvariantCulture, $"{quote}{field.Name}{quote}");
                parts.Add($"CAST(count({column}) AS VARCHAR(50))");
                if (field.Type == PrimitiveType.String)
                    parts.Add($"coalesce(CAST(sum(length({column})) AS VARCHAR(50)), '-')");
                else if (field.Type is DecimalType || field.Type == PrimitiveType.Integer || field.Type == PrimitiveType.Long || field.Type == PrimitiveType.Short)
                    parts.Add($"coalesce(CAST(CAST(sum(CAST({column} AS DECIMAL(28, 4))) AS DECIMAL(38, 4)) AS VARCHAR(50)), '-')");
                else if (field.Type == PrimitiveType.Boolean)
                    parts.Add($"coalesce(CAST(sum(CASE WHEN {column} THEN 1 ELSE 0 END) AS VARCHAR(50)), '-')");
                else if (field.Type == PrimitiveType.Date)
                    parts.Add($"coalesce(CAST(max({column}) AS VARCHAR(50)), '-')");
            }

            return string.Join(", ", parts);
        }
    }
}
