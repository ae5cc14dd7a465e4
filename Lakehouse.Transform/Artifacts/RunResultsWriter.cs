using System.Text.Json;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>Writes <c>run_results.json</c>, schema version 6. The versions that a node read and wrote stand in <c>adapter_response</c>,
/// dbt's place for what only the engine knows.</summary>
internal sealed class RunResultsWriter(RunResults run)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        ArtifactJson.WriteMetadata(json, "run-results/v6", run);
        json.WriteStartArray("results");
        foreach (var result in run.Results)
            Write(json, result);
        json.WriteEndArray();
        json.WriteNumber("elapsed_time", run.Duration.TotalSeconds);
        json.Write("args", new JinjaDict { { "which", run.Command } });
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, NodeResult result)
    {
        json.WriteStartObject();
        json.WriteString("status", Status(result.Status));
        json.WriteStartArray("timing");
        if (result.Status != NodeStatus.Skipped)
        {
            json.WriteStartObject();
            json.WriteString("name", "execute");
            json.WriteString("started_at", ArtifactJson.Time(result.StartedAt));
            json.WriteString("completed_at", ArtifactJson.Time(result.StartedAt + result.Duration));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("thread_id", "worker");
        json.WriteNumber("execution_time", result.Duration.TotalSeconds);
        json.Write("adapter_response", Response(result));
        json.Write("message", result.Message);
        json.Write("failures", result.Failures);
        json.WriteString("unique_id", result.Node.UniqueId);
        json.Write("compiled", result.Node is SeedNode ? null : result.CompiledSql is not null);
        json.Write("compiled_code", result.CompiledSql);
        json.Write("relation_name", result.Node is ModelNode ? ArtifactJson.RelationName(result.Node) : null);
        json.Write("batch_results", null);
        json.WriteEndObject();
    }

    private static string Status(NodeStatus status) => status.ToString().ToLowerInvariant();

    private static JinjaDict Response(NodeResult result)
    {
        var response = new JinjaDict();
        if (result.Status is NodeStatus.Skipped or NodeStatus.Error)
            return response;
        response["_message"] = result.Node is TestNode ? "OK" : result.Message;
        if (result.Rows is { } rows)
            response["rows_affected"] = rows;
        if (result.Quarantined > 0)
            response["rows_quarantined"] = result.Quarantined;
        if (result.Version is { } version)
            response["version"] = version;
        if (result.Inputs.Count > 0)
            response["inputs"] = new JinjaDict(result.Inputs.OrderBy(i => i.Key.ToString(), StringComparer.Ordinal).Select(i => KeyValuePair.Create<string, object?>(i.Key.ToString(), i.Value)));
        return response;
    }
}
