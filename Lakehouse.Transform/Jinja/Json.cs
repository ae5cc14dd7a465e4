using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lakehouse.Transform.Jinja;

/// <summary>JSON of the values of templates, spaced as Python's <c>json.dumps</c> writes it, so that compiled SQL is the same as dbt's.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions StringOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(object? value, CallArguments arguments)
    {
        var sorted = JinjaValue.IsTrue(arguments.Named.GetValueOrDefault("sort_keys"));
        var output = new StringBuilder();
        Append(output, value, sorted, arguments);
        return output.ToString();
    }

    public static object? Read(string text, CallArguments arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Convert(document.RootElement);
        }
        catch (JsonException e)
        {
            throw arguments.Error($"this is not JSON: {e.Message}");
        }
    }

    private static void Append(StringBuilder output, object? value, bool sorted, CallArguments arguments)
    {
        switch (value)
        {
            case null:
                output.Append("null");
                break;
            case bool flag:
                output.Append(flag ? "true" : "false");
                break;
            case long or double:
                output.Append(JinjaValue.ToText(value));
                break;
            case string text:
                output.Append(JsonSerializer.Serialize(text, StringOptions));
                break;
            case DateTimeOffset:
                output.Append('"').Append(JinjaValue.ToText(value)).Append('"');
                break;
            case JinjaDict dict:
                var entries = sorted ? dict.OrderBy(e => JinjaValue.ToText(e.Key), StringComparer.Ordinal) : dict.AsEnumerable();
                AppendAll('{', '}', entries, e =>
                {
                    Append(output, JinjaValue.ToText(e.Key), sorted, arguments);
                    output.Append(": ");
                    Append(output, e.Value, sorted, arguments);
                });
                break;
            case IReadOnlyList<object?> list:
                AppendAll('[', ']', list, item => Append(output, item, sorted, arguments));
                break;
            default:
                throw arguments.Error($"{JinjaValue.TypeName(value)} has no JSON form");
        }

        void AppendAll<T>(char open, char close, IEnumerable<T> items, Action<T> append)
        {
            output.Append(open);
            var first = true;
            foreach (var item in items)
            {
                if (!first)
                    output.Append(", ");
                first = false;
                append(item);
            }
            output.Append(close);
        }
    }

    private static object? Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new JinjaDict(element.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Convert(p.Value)))),
        JsonValueKind.Array => element.EnumerateArray().Select(Convert).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out var number) ? (object)number : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
