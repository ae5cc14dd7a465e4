using Lakehouse.Delta;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Variants;

namespace Lakehouse.Engine.Scan;

/// <summary>How a table's columns lie in its data files: under which name or id, of which type, and how they become what the
/// table's schema says (PROTOCOL.md, "Column Mapping").</summary>
internal sealed class ColumnLayout
{
    private readonly string _mode;
    private readonly HashSet<string> _partitions;
    private readonly Metadata _metadata;

    public ColumnLayout(Metadata metadata)
        : this(metadata, metadata.ColumnMappingMode)
    {
    }

    private ColumnLayout(Metadata metadata, string mode)
    {
        _metadata = metadata;
        _mode = mode;
        Schema = metadata.Schema;
        PartitionColumns = metadata.PartitionColumns;
        _partitions = new HashSet<string>(PartitionColumns, StringComparer.OrdinalIgnoreCase);
        DataFields = [.. Schema.Fields.Where(field => !IsPartition(field))];
    }

    public StructType Schema { get; }

    public IReadOnlyList<string> PartitionColumns { get; }

    /// <summary>The columns that are in the data files.</summary>
    public IReadOnlyList<StructField> DataFields { get; }

    /// <summary>The same, with columns found by their names where the table finds them by id: for files with columns that the
    /// schema does not have, and so no id. Whoever writes such files gives the others their physical names, too.</summary>
    public ColumnLayout ByName() => _mode == "id" ? new ColumnLayout(_metadata, "name") : this;

    /// <summary>Whether the column's values are in the log and not in the files.</summary>
    public bool IsPartition(StructField field) => _partitions.Contains(field.Name);

    /// <summary>The name in files, statistics and partition values.</summary>
    public string PhysicalName(StructField field) => _mode == "none" ? field.Name : field.PhysicalName;

    /// <summary>Whether data files must carry field ids.</summary>
    public bool HasIds => _mode != "none";

    /// <summary>The entry of <c>read_parquet</c>'s <c>schema</c> that reads the column; a file without it gives nulls, a narrower type is cast.</summary>
    public string ReadEntry(StructField field, string outputName)
    {
        var key = _mode == "id" && field.ColumnId is { } id ? id.ToString(System.Globalization.CultureInfo.InvariantCulture) : SqlText.Literal(PhysicalName(field));
        return $"{key}: {{name: {SqlText.Literal(outputName)}, type: {SqlText.Literal(DeltaTypes.ToStored(Physical(field.Type)).ToString())}, default_value: NULL}}";
    }

    /// <summary>The expression that gives nested fields their names of the schema, and variants as JSON.</summary>
    public string ToLogical(string expression, DeltaType type) => Convert(expression, type, 0, toPhysical: false);

    /// <summary>The expression that gives nested fields their names in the files.</summary>
    public string ToPhysical(string expression, DeltaType type) => Convert(expression, type, 0, toPhysical: true);

    /// <summary>What <c>COPY</c>'s <c>FIELD_IDS</c> says of a column with its nested fields; null when no field of it has an id.</summary>
    public string? FieldIds(StructField field) =>
        Ids(field) is { } ids ? $"{SqlText.Name(PhysicalName(field))}: {ids}" : null;

    /// <summary>The type as the files name it.</summary>
    public DeltaType Physical(DeltaType type) => _mode == "none" ? type : type switch
    {
        StructType fields => new StructType([.. fields.Fields.Select(field => new StructField(field.PhysicalName, Physical(field.Type), field.Nullable))]),
        ArrayType array => new ArrayType(Physical(array.ElementType), array.ContainsNull),
        MapType map => new MapType(Physical(map.KeyType), Physical(map.ValueType), map.ValueContainsNull),
        _ => type,
    };

    /// <summary>Whether the files have the type in another form than queries.</summary>
    private bool Differs(DeltaType type) => type switch
    {
        StructType fields => fields.Fields.Any(field => PhysicalName(field) != field.Name || Differs(field.Type)),
        ArrayType array => Differs(array.ElementType),
        MapType map => Differs(map.KeyType) || Differs(map.ValueType),
        _ => type == PrimitiveType.Variant,
    };

    private string Convert(string expression, DeltaType type, int depth, bool toPhysical)
    {
        if (!Differs(type)) return expression;
        var item = "lake_item" + depth.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return type switch
        {
            StructType fields => $"CASE WHEN {expression} IS NULL THEN NULL ELSE struct_pack({string.Join(", ", fields.Fields.Select(field =>
                $"{SqlText.Name(toPhysical ? PhysicalName(field) : field.Name)} := {Convert($"struct_extract({expression}, {SqlText.Literal(toPhysical ? field.Name : PhysicalName(field))})", field.Type, depth, toPhysical)}"))}) END",
            ArrayType array => $"list_transform({expression}, lambda {item}: {Convert(item, array.ElementType, depth + 1, toPhysical)})",
            MapType map => $"map_from_entries(list_transform(map_entries({expression}), lambda {item}: struct_pack(k := {Convert($"{item}.key", map.KeyType, depth + 1, toPhysical)}, v := {Convert($"{item}.value", map.ValueType, depth + 1, toPhysical)})))",
            _ => toPhysical ? $"CAST(CAST({expression} AS JSON) AS VARIANT)" : VariantColumns.ToText(expression),
        };
    }

    private static string? Ids(StructField field) =>
        field.ColumnId is { } id ? Entry(id, Below(field.Type, field, field.PhysicalName)) : null;

    /// <param name="type">The type.</param>
    /// <param name="field">The field it is the type of, or in whose lists and maps it is: it has their ids.</param>
    /// <param name="path">Where it is in the files, from the field on.</param>
    private static List<string> Below(DeltaType type, StructField field, string path) => type switch
    {
        StructType fields => [.. fields.Fields.Select(inner => (Name: inner.PhysicalName, Ids: Ids(inner))).Where(inner => inner.Ids is not null).Select(inner => $"{SqlText.Name(inner.Name)}: {inner.Ids}")],
        ArrayType array => Nested("element", array.ElementType, field, path),
        MapType map => [.. Nested("key", map.KeyType, field, path), .. Nested("value", map.ValueType, field, path)],
        _ => [],
    };

    private static List<string> Nested(string name, DeltaType type, StructField field, string path)
    {
        var below = Below(type, field, $"{path}.{name}");
        if (field.NestedIds.TryGetValue($"{path}.{name}", out var id)) return [$"{name}: {Entry(id, below)}"];
        return below.Count > 0 ? [$"{name}: {{{string.Join(", ", below)}}}"] : [];
    }

    private static string Entry(long id, List<string> below)
    {
        var own = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return below.Count == 0 ? own : $"{{__duckdb_field_id: {own}, {string.Join(", ", below)}}}";
    }
}
