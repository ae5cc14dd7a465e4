using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>Writes <c>manifest.json</c>, schema version 12: the project as it is, and the SQL of those nodes that the run compiled.</summary>
internal sealed class ManifestWriter(DbtProject project, RunResults run)
{
    /// <summary>Sections that dbt has and we have nothing for.</summary>
    private static readonly string[] Empty = ["docs", "exposures", "metrics", "groups", "selectors", "disabled"];

    private static readonly string[] EmptyAtTheEnd = ["group_map", "saved_queries", "semantic_models", "unit_tests", "functions"];

    private readonly Dictionary<string, string> _compiled =
        run.Results.Where(r => r.CompiledSql is not null).ToDictionary(r => r.Node.UniqueId, r => r.CompiledSql!, StringComparer.Ordinal);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        ArtifactJson.WriteMetadata(json, "manifest/v12", run, () =>
        {
            json.WriteString("project_name", project.Name);
            json.WriteString("project_id", Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(project.Name))));
            json.Write("user_id", null);
            json.WriteBoolean("send_anonymous_usage_stats", false);
            json.WriteString("adapter_type", "duckdb");
        });
        json.WriteStartObject("nodes");
        foreach (var node in project.Nodes.Values.Where(n => n is not SourceNode))
            WriteNode(json, node);
        json.WriteEndObject();
        json.WriteStartObject("sources");
        foreach (var source in project.Nodes.Values.OfType<SourceNode>())
            WriteSource(json, source);
        json.WriteEndObject();
        WriteMacros(json);
        foreach (var section in Empty)
            json.Write(section, new JinjaDict());
        WriteMap(json, "parent_map", node => node.DependsOn);
        WriteMap(json, "child_map", node => project.Graph.ChildrenOf(node.UniqueId));
        foreach (var section in EmptyAtTheEnd)
            json.Write(section, new JinjaDict());
        json.WriteEndObject();
    }

    private void WriteNode(Utf8JsonWriter json, ProjectNode node)
    {
        json.WriteStartObject(node.UniqueId);
        json.WriteString("database", "lake");
        json.WriteString("schema", Relations.Of(node)?.Schema ?? "main");
        WriteIdentity(json, node);
        json.WriteString("alias", (node as TestNode)?.Alias ?? Relations.Of(node)!.Value.Name);
        json.Write("checksum", Checksum(node));
        json.Write("config", Config(node));
        json.Write("tags", node.Config.Tags);
        json.WriteString("description", node.Description);
        WriteColumns(json, node);
        json.Write("meta", node.Config.Meta);
        json.Write("group", null);
        json.Write("docs", new JinjaDict { { "show", true }, { "node_color", null } });
        json.Write("patch_path", node is not TestNode && node.PropertiesFile is { } patch ? $"{project.Name}://{patch}" : null);
        json.Write("build_path", null);
        json.Write("unrendered_config", new JinjaDict());
        json.Write("relation_name", ArtifactJson.RelationName(node));
        json.WriteString("raw_code", RawCode(node));
        json.Write("doc_blocks", Array.Empty<object>());
        if (node is SeedNode)
        {
            json.WriteString("root_path", project.Folder);
            json.Write("depends_on", new JinjaDict { { "macros", new List<object?>() } });
        }
        else
        {
            WriteCode(json, node);
        }
        if (node is TestNode { Generic: { } generic } test)
        {
            json.Write("column_name", test.ColumnName);
            json.Write("file_key_name", project.Nodes[test.AttachedTo!] is SourceNode source ? $"sources.{source.SourceName}" : $"{project.Nodes[test.AttachedTo!].ResourceType}s.{project.Nodes[test.AttachedTo!].Name}");
            json.Write("attached_node", test.AttachedTo);
            json.Write("test_metadata", new JinjaDict { { "name", generic }, { "kwargs", test.Keywords }, { "namespace", test.Namespace } });
        }
        json.WriteEndObject();
    }

    private void WriteCode(Utf8JsonWriter json, ProjectNode node)
    {
        json.WriteString("language", "sql");
        json.Write("refs", node.References.Where(r => !r.IsSource).Select(r => new JinjaDict { { "name", r.Second }, { "package", r.First.Length > 0 ? r.First : null }, { "version", null } }));
        json.Write("sources", node.References.Where(r => r.IsSource).Select(r => new List<object?> { r.First, r.Second }));
        json.Write("metrics", Array.Empty<object>());
        json.Write("functions", Array.Empty<object>());
        json.Write("depends_on", new JinjaDict { { "macros", new List<object?>() }, { "nodes", node.DependsOn.Cast<object?>().ToList() } });
        if (_compiled.TryGetValue(node.UniqueId, out var code))
        {
            json.Write("compiled_path", ArtifactFiles.CompiledPath(project, node));
            json.WriteBoolean("compiled", true);
            json.WriteString("compiled_code", code);
            json.WriteBoolean("extra_ctes_injected", true);
            json.Write("extra_ctes", Array.Empty<object>());
        }
        json.Write("contract", new JinjaDict { { "enforced", false }, { "alias_types", true }, { "checksum", null } });
        if (node is not ModelNode model)
            return;
        json.WriteString("access", "protected");
        json.Write("constraints", Array.Empty<object>());
        json.Write("version", null);
        json.Write("latest_version", null);
        json.Write("deprecation_date", null);
        json.Write("primary_key", model.Config.UniqueKey);
        json.Write("time_spine", null);
    }

    private void WriteSource(Utf8JsonWriter json, SourceNode source)
    {
        json.WriteStartObject(source.UniqueId);
        json.WriteString("database", "lake");
        json.WriteString("schema", source.Relation.Schema);
        WriteIdentity(json, source);
        json.WriteString("source_name", source.SourceName);
        json.WriteString("source_description", source.SourceDescription);
        json.WriteString("loader", "");
        json.WriteString("identifier", source.Relation.Name);
        json.Write("quoting", new JinjaDict { { "database", null }, { "schema", null }, { "identifier", null }, { "column", null } });
        json.Write("loaded_at_field", null);
        json.Write("external", null);
        json.WriteString("description", source.Description);
        WriteColumns(json, source);
        json.Write("meta", source.Config.Meta);
        json.Write("source_meta", new JinjaDict());
        json.Write("tags", source.Config.Tags);
        json.Write("config", new JinjaDict { { "enabled", true }, { "meta", source.Config.Meta }, { "tags", source.Config.Tags } });
        json.Write("patch_path", null);
        json.Write("unrendered_config", new JinjaDict());
        json.Write("relation_name", ArtifactJson.RelationName(source));
        json.WriteNumber("created_at", run.StartedAt.ToUnixTimeMilliseconds() / 1000.0);
        json.WriteEndObject();
    }

    private void WriteIdentity(Utf8JsonWriter json, ProjectNode node)
    {
        json.WriteString("name", node.Name);
        json.WriteString("resource_type", node.ResourceType);
        json.WriteString("package_name", project.Name);
        json.WriteString("path", node is TestNode { Template: null } test ? test.Alias + ".sql" : node is SourceNode ? node.File : BelowResourcePath(node.File));
        json.WriteString("original_file_path", node.File);
        json.WriteString("unique_id", node.UniqueId);
        json.Write("fqn", node.Fqn);
    }

    private void WriteMacros(Utf8JsonWriter json)
    {
        json.WriteStartObject("macros");
        foreach (var macro in project.Macros.Own)
        {
            var id = $"macro.{project.Name}.{macro.Name}";
            json.Write(id, new JinjaDict
            {
                { "name", macro.Name }, { "resource_type", "macro" }, { "package_name", project.Name }, { "path", macro.At.File },
                { "original_file_path", macro.At.File }, { "unique_id", id }, { "macro_sql", macro.Source.Text },
                { "depends_on", new JinjaDict { { "macros", new List<object?>() } } }, { "description", "" }, { "meta", new JinjaDict() },
                { "docs", new JinjaDict { { "show", true }, { "node_color", null } } }, { "patch_path", null }, { "arguments", new List<object?>() },
                { "supported_languages", null },
            });
        }
        json.WriteEndObject();
    }

    private void WriteMap(Utf8JsonWriter json, string name, Func<ProjectNode, IReadOnlyList<string>> others)
    {
        json.WriteStartObject(name);
        foreach (var node in project.Nodes.Values)
            json.Write(node.UniqueId, others(node));
        json.WriteEndObject();
    }

    private static void WriteColumns(Utf8JsonWriter json, ProjectNode node)
    {
        json.WriteStartObject("columns");
        foreach (var column in node.Columns)
        {
            json.Write(column.Name, new JinjaDict
            {
                { "name", column.Name }, { "description", column.Description }, { "meta", column.Meta }, { "data_type", column.DataType },
                { "constraints", new List<object?>() }, { "quote", null }, { "tags", column.Tags.Cast<object?>().ToList() }, { "granularity", null },
                { "doc_blocks", new List<object?>() },
            });
        }
        json.WriteEndObject();
    }

    /// <summary>dbt's keys with their defaults, and on top what the project configures.</summary>
    private static JinjaDict Config(ProjectNode node)
    {
        var config = node is TestNode test
            ? new JinjaDict
            {
                { "enabled", true }, { "alias", null }, { "schema", "dbt_test__audit" }, { "database", null }, { "tags", null }, { "meta", null }, { "group", null },
                { "materialized", "test" }, { "severity", test.Severity.ToString().ToUpperInvariant() }, { "store_failures", null }, { "store_failures_as", null },
                { "where", null }, { "limit", null }, { "fail_calc", "count(*)" }, { "warn_if", "!= 0" }, { "error_if", "!= 0" },
            }
            : new JinjaDict
            {
                { "enabled", true }, { "alias", null }, { "schema", null }, { "database", null }, { "tags", null }, { "meta", null }, { "group", null },
                { "materialized", node is SeedNode ? "seed" : node.Config.Materialized.ToString().ToLowerInvariant() }, { "incremental_strategy", null },
                { "persist_docs", new JinjaDict() }, { "post-hook", new List<object?>() }, { "pre-hook", new List<object?>() }, { "quoting", new JinjaDict() },
                { "column_types", new JinjaDict() }, { "full_refresh", null }, { "unique_key", null }, { "on_schema_change", "ignore" }, { "grants", new JinjaDict() },
                { "packages", new List<object?>() }, { "docs", new JinjaDict { { "show", true }, { "node_color", null } } },
                { "contract", new JinjaDict { { "enforced", false }, { "alias_types", true } } },
            };
        foreach (var (key, value) in node.Config.Values)
            config[key] = value;
        config["tags"] = node.Config.Tags;
        config["meta"] = node.Config.Meta;
        return config;
    }

    private static JinjaDict Checksum(ProjectNode node)
    {
        var hash = node switch
        {
            // As dbt: of the text without blanks around it; of a seed's bytes.
            ModelNode model => SHA256.HashData(Encoding.UTF8.GetBytes(model.Template.Source.Text.Trim())),
            TestNode { Template: { } template } => SHA256.HashData(Encoding.UTF8.GetBytes(template.Source.Text.Trim())),
            SeedNode seed when File.Exists(seed.Path) => SHA256.HashData(Encoding.UTF8.GetBytes(File.ReadAllText(seed.Path).Trim())),
            _ => null,
        };
        return hash is null
            ? new JinjaDict { { "name", "none" }, { "checksum", "" } }
            : new JinjaDict { { "name", "sha256" }, { "checksum", Convert.ToHexStringLower(hash) } };
    }

    private static string RawCode(ProjectNode node) => node switch
    {
        ModelNode model => model.Template.Source.Text.Trim(),
        TestNode { Template: { } template } => template.Source.Text.Trim(),
        TestNode { Generic: { } generic } test => $"{{{{ {(test.Namespace is { } package ? package + "." : "")}test_{generic}(**_dbt_generic_test_kwargs) }}}}",
        _ => "",
    };

    private string BelowResourcePath(string file)
    {
        var settings = project.Settings;
        var root = settings.ModelPaths.Concat(settings.SeedPaths).Concat(settings.TestPaths).FirstOrDefault(p => file.StartsWith(p + "/", StringComparison.Ordinal));
        return root is null ? file : file[(root.Length + 1)..];
    }
}
