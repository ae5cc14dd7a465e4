using System.Text.Json;

namespace Lakehouse.Delta.Iceberg.Schemas;

/// <summary>
/// Which id the columns of files without field ids have, by their names (Iceberg table spec, "Column Projection"): the table property
/// <c>schema.name-mapping.default</c>. It is also what keeps ids stable from commit to commit, so names that left the table stay in it.
/// </summary>
internal sealed class NameMapping
{
    private readonly List<Entry> _entries = [];

    /// <summary>An entry, below which nested names are.</summary>
    public sealed record Entry(int Id, string Name, NameMapping Below);

    public Entry? Find(string name) => _entries.Find(entry => entry.Name == name);

    /// <summary>Gives a name an id. One that it had before is forgotten, with all below.</summary>
    /// <returns>The names below.</returns>
    public NameMapping Set(string name, int id)
    {
        if (Find(name) is { } known)
        {
            if (known.Id == id) return known.Below;
            _entries.Remove(known);
        }

        Entry entry = new(id, name, new NameMapping());
        _entries.Add(entry);
        return entry.Below;
    }

    public NameMapping Clone()
    {
        NameMapping clone = new();
        foreach (Entry entry in _entries) clone._entries.Add(entry with { Below = entry.Below.Clone() });
        return clone;
    }

    public string ToJson() => JsonText.Of(Write);

    /// <exception cref="FormatException">It is no mapping of ours.</exception>
    public static NameMapping Parse(string? text)
    {
        if (text is null) return new NameMapping();
        using JsonDocument document = JsonDocument.Parse(text);
        return Read(document.RootElement);
    }

    private static NameMapping Read(JsonElement fields)
    {
        NameMapping mapping = new();
        foreach (JsonElement field in fields.EnumerateArray())
        {
            string name = field.GetProperty("names")[0].GetString() ?? throw new FormatException("a name mapping has no name");
            NameMapping below = field.TryGetProperty("fields", out JsonElement nested) ? Read(nested) : new NameMapping();
            mapping._entries.Add(new Entry(field.GetProperty("field-id").GetInt32(), name, below));
        }

        return mapping;
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (Entry entry in _entries)
        {
            json.WriteStartObject();
            json.WriteNumber("field-id", entry.Id);
            json.WriteStartArray("names");
            json.WriteStringValue(entry.Name);
            json.WriteEndArray();
            if (entry.Below._entries.Count > 0)
            {
                json.WritePropertyName("fields");
                entry.Below.Write(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
