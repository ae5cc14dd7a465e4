namespace Lakehouse.Delta;

/// <summary>A row: fields in order. The type of a table and of nested columns. Names differ by more than case.</summary>
public sealed class StructType : DeltaType
{
    private readonly Dictionary<string, StructField> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A struct of these fields.</summary>
    /// <exception cref="ArgumentException">Two names are equal but for their case.</exception>
    public StructType(params IEnumerable<StructField> fields)
    {
        Fields = [.. fields];
        foreach (StructField field in Fields)
        {
            if (!_byName.TryAdd(field.Name, field))
                throw new ArgumentException($"The column '{field.Name}' occurs twice: names must differ by more than case.", nameof(fields));
        }
    }

    /// <summary>The fields, in order.</summary>
    public IReadOnlyList<StructField> Fields { get; }

    /// <summary>The field of that name, whatever its case, or null.</summary>
    public StructField? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether <paramref name="test"/> holds for a field here or anywhere below.</summary>
    public bool AnyField(Func<StructField, bool> test) => Fields.Any(field => test(field) || AnyNested(field.Type, test));

    /// <summary>Whether the type occurs here or anywhere below.</summary>
    public bool Contains(DeltaType type) => Fields.Any(field => Contains(field.Type, type));

    /// <inheritdoc/>
    public override bool Equals(DeltaType? other) => other is StructType type && Fields.SequenceEqual(type.Fields);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (StructField field in Fields) hash.Add(field);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"struct<{string.Join(",", Fields.Select(field => $"{field.Name}:{field.Type}"))}>";

    private static bool AnyNested(DeltaType type, Func<StructField, bool> test) => type switch
    {
        StructType nested => nested.AnyField(test),
        ArrayType array => AnyNested(array.ElementType, test),
        MapType map => AnyNested(map.KeyType, test) || AnyNested(map.ValueType, test),
        _ => false,
    };

    private static bool Contains(DeltaType type, DeltaType wanted) => type == wanted || type switch
    {
        StructType nested => nested.Contains(wanted),
        ArrayType array => Contains(array.ElementType, wanted),
        MapType map => Contains(map.KeyType, wanted) || Contains(map.ValueType, wanted),
        _ => false,
    };
}
