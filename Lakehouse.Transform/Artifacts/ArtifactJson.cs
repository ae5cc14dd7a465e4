using System.Globalization;
using System.Text.Json;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>What dbt's artefacts have in common.</summary>
internal static class ArtifactJson
{
    /// <summary>The release of dbt whose artefact schemas these are.</summary>
    private const string DbtVersion = "1.11.0";

    public static void WriteMetadata(Utf8JsonWriter json, string schema, RunResults run, Action? more = null)
    {
        json.WriteStartObject("metadata");
        json.WriteString("dbt_schema_version", $"https://schemas.getdbt.com/dbt/{schema}.json");
        json.WriteString("dbt_version", DbtVersion);
        json.WriteString("generated_at", Time(DateTimeOffset.UtcNow));
        json.WriteString("invocation_id", run.InvocationId);
        json.WriteString("invocation_started_at", Time(run.StartedAt));
        json.WriteStartObject("env");
        json.WriteEndObject();
        more?.Invoke();
        json.WriteEndObject();
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The relation as SQL over the lake takes it.</summary>
    public static string? RelationName(ProjectNode node) => Relations.Of(node) is { } name ? $"\"{name.Schema}\".\"{name.Name}\"" : null;

    public static void Write(this Utf8JsonWriter json, string name, object? value)
    {
        json.WritePropertyName(name);
        json.WriteValue(value);
    }

    public static void WriteValue(this Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case JinjaDict dict:
                json.WriteStartObject();
                foreach (var (key, item) in dict)
                    json.Write(JinjaValue.ToText(key), item);
                json.WriteEndObject();
                break;
            case IEnumerable<object?> list:
                json.WriteStartArray();
                foreach (var item in list)
                    json.WriteValue(item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(JinjaValue.ToText(value));
                break;
        }
    }
}
