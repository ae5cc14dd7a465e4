using System.Collections.ObjectModel;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>A column, or a field of a nested struct.</summary>
public sealed class StructField : IEquatable<StructField>
{
    internal const string PhysicalNameKey = "delta.columnMapping.physicalName";
    internal const string IdKey = "delta.columnMapping.id";

    /// <summary>PROTOCOL.md ("Writer Requirements for IcebergCompatV2") says <c>parquet.field.nested.ids</c>, but this is what Spark and Delta Kernel write.</summary>
    internal const string NestedIdsKey = "delta.columnMapping.nested.ids";

    /// <summary>A field.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="nullable">Whether it may be null.</param>
    /// <param name="metadata">Any JSON per key (PROTOCOL.md, "Column Metadata"); kept as it is.</param>
    public StructField(string name, DeltaType type, bool nullable = true, IReadOnlyDictionary<string, JsonElement>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(type);
        Name = name;
        Type = type;
        Nullable = nullable;
        Metadata = metadata ?? ReadOnlyDictionary<string, JsonElement>.Empty;
    }

    /// <summary>The name that queries use.</summary>
    public string Name { get; }

    /// <summary>The type.</summary>
    public DeltaType Type { get; }

    /// <summary>Whether the field may be null.</summary>
    public bool Nullable { get; }

    /// <summary>What the schema says about the field besides.</summary>
    public IReadOnlyDictionary<string, JsonElement> Metadata { get; }

    /// <summary>
    /// The name in data files, statistics and partition values: that of the column mapping, or <see cref="Name"/> where the
    /// field has none (PROTOCOL.md, "Column Mapping"). Use it only when <see cref="Delta.Metadata.ColumnMappingMode"/> is not none.
    /// </summary>
    public string PhysicalName =>
        Metadata.TryGetValue(PhysicalNameKey, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : Name;

    /// <summary>The Parquet field id that the column mapping gives, if any.</summary>
    public long? ColumnId =>
        Metadata.TryGetValue(IdKey, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long id) ? id : null;

    /// <summary>
    /// The Parquet field ids of elements of lists and of keys and values of maps in this field, by their paths in files: from
    /// <see cref="PhysicalName"/> on, such as <c>col-1.element</c> or <c>col-1.value.key</c> (PROTOCOL.md, "IcebergCompatV2"). Empty where they have none.
    /// </summary>
    public IReadOnlyDictionary<string, long> NestedIds
    {
        get
        {
            if (!Metadata.TryGetValue(NestedIdsKey, out JsonElement ids) || ids.ValueKind != JsonValueKind.Object) return ReadOnlyDictionary<string, long>.Empty;
            Dictionary<string, long> result = new(StringComparer.Ordinal);
            foreach (JsonProperty property in ids.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt64(out long id)) result[property.Name] = id;
            }

            return result;
        }
    }

    /// <summary>The same field with another type.</summary>
    public StructField WithType(DeltaType type) => new(Name, type, Nullable, Metadata);

    /// <summary>The same field with one more metadata entry.</summary>
    public StructField WithMetadata(string key, JsonElement value) =>
        new(Name, Type, Nullable, new Dictionary<string, JsonElement>(Metadata, StringComparer.Ordinal) { [key] = value });

    /// <inheritdoc/>
    public bool Equals(StructField? other) =>
        other is not null && other.Name == Name && other.Nullable == Nullable && other.Type == Type && SameMetadata(other.Metadata);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StructField);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Nullable, Type);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type}{(Nullable ? "" : " not null")}";

    private bool SameMetadata(IReadOnlyDictionary<string, JsonElement> other) =>
        other.Count == Metadata.Count
        && Metadata.All(pair => other.TryGetValue(pair.Key, out JsonElement value) && JsonElement.DeepEquals(value, pair.Value));
}
