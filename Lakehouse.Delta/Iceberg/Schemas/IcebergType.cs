using System.Globalization;

namespace Lakehouse.Delta.Iceberg.Schemas;

/// <summary>A type of Iceberg (Iceberg table spec, "Schemas and Data Types").</summary>
internal abstract record IcebergType;

/// <summary>How values of a primitive type are kept in manifests.</summary>
internal enum ValueKind
{
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Decimal,
    String,
    Binary,
}

/// <summary>A type without parts, by its name in schemas.</summary>
internal sealed record IcebergPrimitive : IcebergType
{
    public static readonly IcebergPrimitive Int = new("int", ValueKind.Int);
    public static readonly IcebergPrimitive Long = new("long", ValueKind.Long);
    public static readonly IcebergPrimitive Float = new("float", ValueKind.Float);
    public static readonly IcebergPrimitive Double = new("double", ValueKind.Double);
    public static readonly IcebergPrimitive Date = new("date", ValueKind.Int);
    public static readonly IcebergPrimitive Timestamp = new("timestamp", ValueKind.Long);
    public static readonly IcebergPrimitive TimestampTz = new("timestamptz", ValueKind.Long);
    public static readonly IcebergPrimitive String = new("string", ValueKind.String);

    private static readonly IcebergPrimitive[] Plain =
        [Int, Long, Float, Double, Date, Timestamp, TimestampTz, String, new("boolean", ValueKind.Boolean), new("binary", ValueKind.Binary)];

    private IcebergPrimitive(string name, ValueKind kind, int precision = 0, int scale = 0) => (Name, Kind, Precision, Scale) = (name, kind, precision, scale);

    public string Name { get; }

    public ValueKind Kind { get; }

    /// <summary>A decimal's digits.</summary>
    public int Precision { get; }

    /// <summary>A decimal's digits after the point.</summary>
    public int Scale { get; }

    /// <summary>The bytes that hold any unscaled value of a decimal of this precision.</summary>
    public int DecimalBytes => (int)Math.Ceiling(((Precision * Math.Log2(10)) + 1) / 8);

    /// <exception cref="FormatException">There is no such type.</exception>
    public static IcebergPrimitive Parse(string name)
    {
        if (Array.Find(Plain, type => type.Name == name) is { } plain) return plain;
        string[] parts = name.StartsWith("decimal(", StringComparison.Ordinal) && name.EndsWith(')') ? name[8..^1].Split(',') : [];
        return parts.Length == 2
            && int.TryParse(parts[0].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int precision)
            && int.TryParse(parts[1].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int scale)
            ? Decimal(precision, scale)
            : throw new FormatException($"the Iceberg type '{name}' is not known");
    }

    /// <summary>The type that a Delta type's values have in Iceberg, or null: Iceberg has no bytes and shorts, which are ints there, and
    /// nothing for void.</summary>
    public static IcebergPrimitive? Of(DeltaType type) => type switch
    {
        DecimalType number => Decimal(number.Precision, number.Scale),
        PrimitiveType primitive => primitive.Name switch
        {
            "byte" or "short" or "integer" => Int,
            "timestamp" => TimestampTz,
            "timestamp_ntz" => Timestamp,
            string name => Array.Find(Plain, plain => plain.Name == name),
        },
        _ => null,
    };

    /// <summary>Whether files with this type can be read as another (Iceberg table spec, "Schema Evolution").</summary>
    public bool CanBecome(IcebergPrimitive other) =>
        this == other
        || (this == Int && other == Long)
        || (this == Float && other == Double)
        || (Kind == ValueKind.Decimal && other.Kind == ValueKind.Decimal && Scale == other.Scale && other.Precision > Precision);

    private static IcebergPrimitive Decimal(int precision, int scale) =>
        new(string.Create(CultureInfo.InvariantCulture, $"decimal({precision}, {scale})"), ValueKind.Decimal, precision, scale);
}

/// <summary>A column or a field of a nested struct.</summary>
internal sealed record IcebergField(int Id, string Name, bool Required, IcebergType Type, string? Doc = null);

/// <summary>A row or a nested struct.</summary>
internal sealed record IcebergStruct(IReadOnlyList<IcebergField> Fields) : IcebergType;

/// <summary>A list; its element has an id of its own.</summary>
internal sealed record IcebergList(int ElementId, bool ElementRequired, IcebergType Element) : IcebergType;

/// <summary>A map; its key and its value have ids of their own.</summary>
internal sealed record IcebergMap(int KeyId, IcebergType Key, int ValueId, bool ValueRequired, IcebergType Value) : IcebergType;

/// <summary>A schema that the table has or had.</summary>
internal sealed record IcebergSchema(int Id, IcebergStruct Columns)
{
    /// <summary>Every id with its type, nested ones too.</summary>
    public IEnumerable<(int Id, IcebergType Type)> Ids() => IdsOf(Columns);

    private static IEnumerable<(int Id, IcebergType Type)> IdsOf(IcebergType type) => type switch
    {
        IcebergStruct nested => nested.Fields.SelectMany(field => IdsOf(field.Type).Prepend((field.Id, field.Type))),
        IcebergList list => IdsOf(list.Element).Prepend((list.ElementId, list.Element)),
        IcebergMap map => [(map.KeyId, map.Key), .. IdsOf(map.Key), (map.ValueId, map.Value), .. IdsOf(map.Value)],
        _ => [],
    };
}
