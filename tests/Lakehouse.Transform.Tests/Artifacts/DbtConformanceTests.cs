using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests;

/// <summary>One project, built by us and by dbt itself: the same rows, statuses, compiled SQL and artefacts.</summary>
public sealed partial class DbtConformanceTests
{
    private const string SkipReason = "dbt is not here: set DBT_VENV to a Python environment with dbt-core 1.11 and dbt-duckdb.";

    private static readonly string? Environment = System.Environment.GetEnvironmentVariable("DBT_VENV");

    [Fact]
    public async Task A_build_gives_what_dbt_gives()
    {
        Assert.SkipUnless(Environment is not null, SkipReason);
        using var folder = Shop();
        await DbtAsync(folder.Path, "build", succeeds: false);
        await using var lake = new TransformLake();
        var target = Path.Combine(folder.Path, "ours");
        await using (var runner = new ModelRunner(lake.Lake, folder.Load(), new RunOptions { TargetFolder = target }))
            await runner.BuildAsync(TestContext.Current.CancellationToken);

        AssertSame(Outcomes(folder.Path, "target"), Outcomes(folder.Path, "ours"));
        AssertSame(Manifest(folder.Path, "target"), Manifest(folder.Path, "ours"));
        await SameRowsAsync(lake, folder.Path, "main.raw_orders", "silver.orders");
    }

    [Fact]
    public async Task A_second_incremental_build_gives_what_dbt_gives()
    {
        Assert.SkipUnless(Environment is not null, SkipReason);
        using var folder = Shop();
        folder.Write("models/schema.yml", "version: 2\n");
        await using var lake = new TransformLake();
        for (var round = 0; round < 2; round++)
        {
            await DbtAsync(folder.Path, "build", succeeds: true);
            await using (var runner = new ModelRunner(lake.Lake, folder.Load(), new RunOptions()))
                SampleModelsTests.AssertSucceeded(await runner.BuildAsync(TestContext.Current.CancellationToken));
            await SameRowsAsync(lake, folder.Path, "main.raw_orders", "silver.orders", "gold.customers");
            folder.Write("seeds/raw_orders.csv", Orders + "5,cat,1.5,placed\n6,ann,2,shipped\n");
        }
        Assert.Equal("6", await lake.CellAsync("SELECT count(*) FROM silver.orders"));
    }

    [Fact]
    public async Task The_artefacts_of_the_sample_models_are_valid_to_dbt()
    {
        Assert.SkipUnless(Environment is not null, SkipReason);
        await using var lake = new TransformLake();
        await new BronzeBusiness(lake, seed: 6).NextRoundAsync();
        var target = Path.Combine(lake.Folder, "target");

        await lake.RunAsync(DbtProject.Load(SampleModelsTests.Models), new RunOptions { TargetFolder = target });

        await RunAsync("python", lake.Folder, succeeds: true, "-c", """
            import sys
            from dbt.artifacts.schemas.manifest import WritableManifest
            from dbt.artifacts.schemas.run import RunResultsArtifact
            WritableManifest.read_and_check_versions('target/manifest.json')
            RunResultsArtifact.read_and_check_versions('target/run_results.json')
            """);
    }

    private const string Orders = "order_id,customer,amount,status\n1,ann,10.5,placed\n2,bob,3.25,shipped\n3,ann,7.0,lost\n4,,8.5,placed\n";

    private static ProjectFolder Shop() => new(
        ("dbt_project.yml", """
            name: shop
            version: '1.0'
            profile: shop
            models:
              shop:
                +materialized: table
                silver: {+schema: silver, +tags: [daily]}
                gold: {+schema: gold}
            vars: {least: 5}
            """),
        ("profiles.yml", "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 1}}}"),
        ("macros/names.sql", """
            {% macro generate_schema_name(custom_schema_name, node) -%}
              {{ custom_schema_name if custom_schema_name is not none else 'main' }}
            {%- endmacro %}
            {% macro cents(column, digits=2) %}round({{ column }} * 100, {{ digits }}){% endmacro %}
            """),
        ("seeds/raw_orders.csv", Orders),
        ("models/silver/orders.sql", """
            {{ config(unique_key='order_id', materialized='incremental') }}
            -- a comment {# gone #}
            select order_id, {{ cents('amount') }} as cents,
              {% for s in ['placed', 'shipped'] %}status = '{{ s }}' as is_{{ s }}{{ ', ' if not loop.last }}{% endfor %},
              customer, status
            from {{ ref('raw_orders') }}
            {% if is_incremental() %}where order_id > (select max(order_id) from {{ this }}){% endif %}
            """),
        ("models/silver/big.sql", """
            {{ config(materialized='view', tags='big') }}
            select * from {{ ref('orders') }} where cents >= {{ var('least') }} * 100
            """),
        ("models/gold/customers.sql", "select customer, count(*) as orders, sum(cents) as cents from {{ ref('big') }} group by customer\n"),
        ("models/schema.yml", """
            version: 2
            models:
              - name: orders
                description: Orders.
                config: {meta: {owner: me}}
                columns:
                  - name: order_id
                    description: Key.
                    data_tests: [unique, not_null]
                  - name: customer
                    data_tests:
                      - not_null: {config: {severity: warn}}
                  - name: status
                    data_tests:
                      - accepted_values:
                          arguments: {values: [placed, shipped]}
              - name: customers
                columns:
                  - name: customer
                    data_tests:
                      - relationships:
                          arguments: {to: ref('orders'), field: customer}
                          config: {severity: warn}
            """),
        ("tests/amounts_are_positive.sql", "select * from {{ ref('orders') }} where cents < 0\n"));

    private static async Task SameRowsAsync(TransformLake lake, string folder, params string[] tables)
    {
        lake.Session.Connection.Execute($"ATTACH '{Path.Combine(folder, "shop.duckdb")}' AS dbt (READ_ONLY)");
        foreach (var table in tables)
        {
            var ours = TableName.Parse(table);
            await lake.Session.DefineAsync(ours, await lake.Lake.Table(ours).SnapshotAsync(null, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
            Assert.Empty(await lake.RowsAsync($"(SELECT 'dbt only', * FROM (FROM dbt.{table} EXCEPT ALL FROM {table})) UNION ALL (SELECT 'ours only', * FROM (FROM {table} EXCEPT ALL FROM dbt.{table}))"));
        }
        lake.Session.Connection.Execute("DETACH dbt");
    }

    private static void AssertSame(List<string> dbt, List<string> ours)
    {
        var differences = dbt.Except(ours).Select(f => "dbt only:  " + f).Concat(ours.Except(dbt).Select(f => "ours only: " + f)).OrderBy(f => f[11..], StringComparer.Ordinal).ToList();
        Assert.True(differences.Count == 0, string.Join("\n", differences));
    }

    /// <summary>What a run says of each node.</summary>
    private static List<string> Outcomes(string folder, string target)
    {
        using var results = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, target, "run_results.json")));
        return [.. results.RootElement.GetProperty("results").EnumerateArray()
            .Select(r => $"{r.GetProperty("unique_id")} {r.GetProperty("status")} {r.GetProperty("failures")}")
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>What a manifest says of each node, without what differs by design: where tables are, and the SQL of dbt's own tests.</summary>
    private static List<string> Manifest(string folder, string target)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, target, "manifest.json")));
        var facts = new List<string>();
        foreach (var node in manifest.RootElement.GetProperty("nodes").EnumerateObject())
        {
            foreach (var property in new[] { "name", "resource_type", "alias", "path", "original_file_path", "fqn", "checksum", "tags", "description", "meta", "patch_path", "refs", "sources", "column_name", "attached_node", "test_metadata", "compiled_path", "compiled" })
                facts.Add($"{node.Name} {property} {Text(node.Value, property)}");
            foreach (var key in new[] { "materialized", "unique_key", "severity", "tags", "meta", "schema", "enabled" })
                facts.Add($"{node.Name} config.{key} {Text(node.Value.GetProperty("config"), key)}");
            var isGeneric = node.Value.TryGetProperty("test_metadata", out _);
            if (!isGeneric)
                facts.Add($"{node.Name} raw_code {Text(node.Value, "raw_code")}");
            if (!isGeneric && node.Value.TryGetProperty("compiled_code", out var code) && code.ValueKind == JsonValueKind.String)
                facts.Add($"{node.Name} code {Spaces().Replace(Quoted().Replace(code.ToString(), "$1.$2"), " ").Trim()}");
        }
        foreach (var map in new[] { "parent_map", "child_map" })
            foreach (var node in manifest.RootElement.GetProperty(map).EnumerateObject())
                facts.Add($"{map} {node.Name} {string.Join(' ', node.Value.EnumerateArray().Select(v => v.GetString()).Order(StringComparer.Ordinal))}");
        // dbt writes the kwargs as given and ids by hash; both must be equal to the letter.
        return [.. facts.Select(f => f.Replace($"{target}/compiled/", "compiled/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    private static string Text(JsonElement node, string property) => node.TryGetProperty(property, out var value) ? Sorted(value) : "";

    private static string Sorted(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(",", value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}:{Sorted(p.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(",", value.EnumerateArray().Select(Sorted)) + "]",
        _ => value.ToString(),
    };

    private static Task DbtAsync(string folder, string command, bool succeeds) =>
        RunAsync("dbt", folder, succeeds, command, "--profiles-dir", ".", "--no-use-colors", "--no-partial-parse");

    private static async Task RunAsync(string program, string folder, bool succeeds, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Environment!, "bin", program), arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DO_NOT_TRACK"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == (succeeds ? 0 : 1), $"{program} ended with {process.ExitCode}:\n{await output}\n{await errors}");
    }

    [GeneratedRegex("\"shop\"\\.\"(\\w+)\"\\.\"(\\w+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();
}
