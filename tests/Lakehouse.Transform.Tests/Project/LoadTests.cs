using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests.Project;

public sealed class LoadTests
{
    private const string Sources = "sources:\n  - name: bronze\n    tables:\n      - name: sales_orders\n";

    [Fact]
    public void References_become_the_graph()
    {
        using var folder = new ProjectFolder(
            ("models/sources.yml", Sources),
            ("models/silver/orders.sql", "select * from {{ source('bronze', 'sales_orders') }}"),
            ("models/gold/totals.sql", "select count(*) as n from {{ ref('orders') }}"));
        var project = folder.Load();
        Assert.Equal(["orders", "totals"], project.Models.Select(m => m.Name));
        Assert.Equal(["source.shop.bronze.sales_orders"], project.Nodes["model.shop.orders"].DependsOn);
        Assert.Equal(["model.shop.orders"], project.Nodes["model.shop.totals"].DependsOn);
        Assert.Empty(project.Warnings);
    }

    [Fact]
    public void A_reference_inside_is_incremental_is_seen()
    {
        using var folder = new ProjectFolder(
            ("models/a.sql", "select 1 as x"),
            ("models/b.sql", "{% if is_incremental() %}select * from {{ ref('a') }}{% else %}select 1 as x{% endif %}"));
        Assert.Equal(["model.shop.a"], folder.Load().Nodes["model.shop.b"].DependsOn);
    }

    [Fact]
    public void The_schema_is_the_first_folder_unless_configured()
    {
        using var folder = new ProjectFolder(
            ("models/silver/deep/a.sql", "select 1 as x"),
            ("models/b.sql", "select 1 as x"),
            ("models/silver/c.sql", "{{ config(schema='gold', alias='see') }}select 1 as x"));
        var project = folder.Load();
        Assert.Equal(new TableName("silver", "a"), Model(project, "a").Relation);
        Assert.Equal(new TableName("main", "b"), Model(project, "b").Relation);
        Assert.Equal(new TableName("gold", "see"), Model(project, "c").Relation);
    }

    [Fact]
    public void A_naming_macro_of_the_project_decides_the_schema()
    {
        using var folder = new ProjectFolder(
            ("macros/schema.sql", "{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or 'x_' ~ node.fqn[1] }}{% endmacro %}"),
            ("models/silver/a.sql", "select 1 as x"));
        Assert.Equal(new TableName("x_silver", "a"), Model(folder.Load(), "a").Relation);
    }

    [Fact]
    public void The_model_wins_over_its_properties_and_those_over_the_project_file()
    {
        using var folder = new ProjectFolder(
            ("dbt_project.yml", "name: shop\nmodels:\n  shop:\n    +materialized: table\n    +tags: [all]\n    +meta: {a: 1, b: 1}\n    silver:\n      +tags: silver\n      +unique_key: id\n"),
            ("models/silver/a.yml", "models:\n  - name: a\n    config:\n      materialized: incremental\n      tags: [yml]\n      meta: {b: 2}\n"),
            ("models/silver/a.sql", "{{ config(unique_key=['x', 'y'], tags='own') }}select 1 as x"));
        var config = Model(folder.Load(), "a").Config;
        Assert.Equal(Materialization.Incremental, config.Materialized);
        Assert.Equal(["x", "y"], config.UniqueKey);
        Assert.Equal(["all", "silver", "yml", "own"], config.Tags);
        Assert.Equal(2L, config.Meta["b"]);
        Assert.Equal(1L, config.Meta["a"]);
    }

    [Fact]
    public void Our_own_keys_may_stand_in_meta()
    {
        using var folder = new ProjectFolder(
            ("models/a.sql", "{{ config(materialized='incremental', unique_key='id', meta={'delete_when': 'gone', 'except_columns': ['gone'], 'quarantine': true}) }}select 1 as id, false as gone"));
        var config = Model(folder.Load(), "a").Config;
        Assert.Equal("gone", config.DeleteWhen);
        Assert.Equal(["gone"], config.ExceptColumns);
        Assert.True(config.Quarantine);
    }

    [Fact]
    public void Vars_given_win_over_those_of_the_project()
    {
        using var folder = new ProjectFolder(
            ("dbt_project.yml", "name: shop\nvars:\n  kind: view\n  shop:\n    kind: table\n"),
            ("models/a.sql", "{{ config(materialized=var('kind')) }}select 1 as x"));
        Assert.Equal(Materialization.Table, Model(folder.Load(), "a").Config.Materialized);
        Assert.Equal(Materialization.Incremental, Model(folder.Load(("kind", "incremental")), "a").Config.Materialized);
    }

    [Fact]
    public void Disabled_models_are_left_out()
    {
        using var folder = new ProjectFolder(("models/a.sql", "{{ config(enabled=false) }}select 1 as x"), ("models/b.sql", "select 1 as x"));
        Assert.Equal(["b"], folder.Load().Models.Select(m => m.Name));
    }

    [Fact]
    public void Generic_tests_get_dbt_s_names()
    {
        using var folder = new ProjectFolder(
            ("models/a.sql", "select 1 as id"),
            ("models/b.sql", "select 1 as id"),
            ("models/s.yml", """
                models:
                  - name: a
                    columns:
                      - name: id
                        data_tests:
                          - unique
                          - accepted_values: {arguments: {values: [a, b]}}
                          - relationships: {to: ref('b'), field: id, severity: warn}
                    data_tests:
                      - expression_is_true: {name: positive, arguments: {expression: id > 0}}
                      - dbt_utils.expression_is_true: {expression: id > 0}
                """));
        var tests = folder.Load().Nodes.Values.OfType<TestNode>().ToList();
        Assert.Equal(
            ["accepted_values_a_id__a__b", "dbt_utils_expression_is_true_a_id_0", "positive", "relationships_a_id__id__ref_b_", "unique_a_id"],
            tests.Select(t => t.Name).Order(StringComparer.Ordinal));
        var relationships = tests.Single(t => t.Generic == "relationships");
        Assert.Equal(["model.shop.a", "model.shop.b"], relationships.DependsOn);
        Assert.Equal(TestSeverity.Warn, relationships.Severity);
    }

    [Theory]
    [InlineData("select * from {{ ref('ordes') }}", "models/m.sql:1:18: there is no model or seed 'ordes' (did you mean 'orders'?)")]
    [InlineData("select *\nfrom {{ source('bronze', 'sale_orders') }}", "models/m.sql:2:9: there is no source 'bronze.sale_orders' (did you mean 'bronze.sales_orders'?)")]
    [InlineData("{{ config(materialized='tabel') }}select 1", "models/m.sql: materialized 'tabel' is not supported; use view, ephemeral, table, incremental")]
    [InlineData("{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }}select 1", "incremental_strategy 'insert_overwrite' is not supported")]
    [InlineData("{{ config(post_hook='x') }}select 1", "post_hook is not supported")]
    [InlineData("select {{ var('nothere') }}", "models/m.sql:1:11: var: the variable 'nothere' is not set")]
    [InlineData("select {{ undefined_macro() }}", "models/m.sql:1:11: 'undefined_macro' is undefined")]
    [InlineData("{{ config(materialized='view') }}select * from {{ changes(ref('orders')) }}", "changes() needs a model that is stored")]
    [InlineData("{{ config(schema='no-dash') }}select 1", "'no-dash.m' cannot be a table's name")]
    [InlineData("{{ config(quarantine='maybe') }}select 1", "quarantine must be true or false, not a string")]
    public void A_wrong_model_is_refused_with_its_place(string sql, string message)
    {
        using var folder = new ProjectFolder(("models/sources.yml", Sources), ("models/orders.sql", "select 1 as x"), ("models/m.sql", sql));
        Assert.Contains(message, Assert.Throws<ProjectException>(() => folder.Load()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models:\n  - name: orders\n    columns:\n      - name: x\n        data_tests: [unqiue]\n", "models/s.yml:5:22: there is no test 'unqiue' (did you mean 'unique'?)")]
    [InlineData("models:\n  - nam: orders\n", "models/s.yml:2:5: the key 'name' is missing")]
    [InlineData("models:\n  - name: orders\n  - name: orders\n", "models/s.yml:3:5: the model 'orders' is described twice")]
    [InlineData("models: [\n", "models/s.yml:2")]
    [InlineData("models:\n  - name: orders\n    columns:\n      - name: x\n        data_tests:\n          - relationships: {to: ref('nope'), field: x}\n", "models/s.yml:6:13: there is no model or seed 'nope'")]
    [InlineData("models:\n  - name: orders\n    columns:\n      - name: x\n        data_tests:\n          - not_null: {config: {severity: fatal}}\n", "models/s.yml:6:13: severity 'fatal' is not supported")]
    [InlineData("models:\n  - name: orders\n    config: {materialized: table}\n    columns:\n      - name: x\n        data_tests:\n          - unique: {config: {quarantine: true}}\n", "cannot be quarantined")]
    public void A_wrong_properties_file_is_refused_with_its_place(string yaml, string message)
    {
        using var folder = new ProjectFolder(("models/orders.sql", "select 1 as x"), ("models/s.yml", yaml));
        Assert.Contains(message, Assert.Throws<ProjectException>(() => folder.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cycle_is_refused_with_the_way_round()
    {
        using var folder = new ProjectFolder(
            ("models/a.sql", "select * from {{ ref('c') }}"),
            ("models/b.sql", "select * from {{ ref('a') }}"),
            ("models/c.sql", "select * from {{ ref('b') }}"));
        var e = Assert.Throws<ProjectException>(() => folder.Load());
        Assert.Equal("models/a.sql: models read each other in a circle: a -> c -> b -> a; break it at one of the refs", e.Message);
    }

    [Fact]
    public void Unknown_keys_are_warned_about_with_near_names()
    {
        using var folder = new ProjectFolder(
            ("dbt_project.yml", "name: shop\nmodel-path: [x]\nmodels:\n  shop:\n    +materialised: table\n"),
            ("models/a.sql", "{{ config(unique_keys='x') }}select 1 as x"),
            ("models/s.yml", "models:\n  - name: b\n"));
        Assert.Equal(
            [
                "dbt_project.yml:2:1: unknown key 'model-path' (did you mean 'model-paths'?)",
                "dbt_project.yml:5:5: unknown configuration '+materialised' (did you mean 'materialized'?)",
                "models/a.sql: unknown configuration 'unique_keys' (did you mean 'unique_key'?)",
                "models/s.yml:2:5: there is no model 'b'; its description and tests are not used",
            ],
            folder.Load().Warnings);
    }

    [Fact]
    public void A_folder_without_a_project_is_refused()
    {
        var empty = Directory.CreateTempSubdirectory("lakehouse-transform-");
        Assert.Contains("there is no dbt_project.yml", Assert.Throws<ProjectException>(() => DbtProject.Load(empty.FullName)).Message, StringComparison.Ordinal);
        empty.Delete();
    }

    private static ModelNode Model(DbtProject project, string name) => project.Models.Single(m => m.Name == name);
}
