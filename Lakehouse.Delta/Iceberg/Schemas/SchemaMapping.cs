using System.Text.Json;

namespace Lakehouse.Delta.Iceberg.Schemas;

/// <summary>A column whose statistics a manifest can carry: not in lists and maps.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">Its type.</param>
/// <param name="Path">Its names in the statistics, from the top.</param>
internal sealed record MetricColumn(int Id, IcebergPrimitive Type, string[] Path);

/// <summary>A column that partitions the table.</summary>
/// <param name="SourceId">The column's id.</param>
/// <param name="Name">Its name.</param>
/// <param name="PhysicalName">Its name in partition values.</param>
/// <param name="DeltaType">Its type in Delta.</param>
/// <param name="Type">Its type in Iceberg.</param>
internal sealed record PartitionColumn(int SourceId, string Name, string PhysicalName, DeltaType DeltaType, IcebergPrimitive Type);

/// <summary>
/// A Delta schema as Iceberg sees it. Ids are those of the column mapping; where columns are not mapped they are given out here, and
/// found again by name and type in what is known of the table. Columns of type void, which no file holds, are left out.
/// </summary>
internal sealed class SchemaMapping
{
    /// <summary>Ids that the column mapping has for columns come from below; those that lists and maps lack there from here.</summary>
    private const int FirstNestedId = 1_000_000_000;

    private readonly string _table;
    private readonly long _version;
    private readonly bool _mapped;
    private readonly HashSet<string> _partitionColumns;
    private readonly IReadOnlyDictionary<int, IcebergType> _knownTypes;
    private readonly HashSet<int> _ids = [];
    private readonly List<MetricColumn> _metrics = [];
    private int _lastId;

    private SchemaMapping(string table, long version, Metadata metadata, KnownIds known)
    {
        _table = table;
        _version = version;
        _mapped = metadata.ColumnMappingMode != "none";
        _partitionColumns = new HashSet<string>(metadata.PartitionColumns, StringComparer.OrdinalIgnoreCase);
        _knownTypes = known.Types;
        _lastId = known.LastColumnId;
        Names = known.Names.Clone();
        Columns = MapFields(metadata.Schema, Names, []);
        if (Columns.Fields.Count == 0) throw Refused("it has no column that Iceberg has a type for");
        Partitions = [.. metadata.PartitionColumns.Select(column => PartitionOf(metadata.Schema.Find(column)!))];
    }

    /// <summary>The columns.</summary>
    public IcebergStruct Columns { get; }

    /// <summary>The columns that partition the table, in the order of the folders.</summary>
    public IReadOnlyList<PartitionColumn> Partitions { get; }

    /// <summary>The names in files.</summary>
    public NameMapping Names { get; }

    /// <summary>The columns with statistics.</summary>
    public IReadOnlyList<MetricColumn> Metrics => _metrics;

    /// <summary>The greatest id that any column has or had.</summary>
    public int LastColumnId => _lastId;

    /// <summary>Whether a name now means another column than it did, so that earlier snapshots could not be read by it any more.</summary>
    public bool Restarts { get; private set; }

    /// <summary>Maps a schema. One that <see cref="Restarts"/> is mapped as if nothing were known.</summary>
    /// <exception cref="IcebergMappingException">A column has nothing that it could be.</exception>
    public static SchemaMapping Of(string table, long version, Metadata metadata, KnownIds known)
    {
        SchemaMapping mapping = new(table, version, metadata, known);
        return mapping.Restarts ? new SchemaMapping(table, version, metadata, KnownIds.None) { Restarts = true } : mapping;
    }

    private IcebergStruct MapFields(StructType type, NameMapping names, string[] path) => new([.. Map(type, names, path)]);

    private IEnumerable<IcebergField> Map(StructType type, NameMapping names, string[] path)
    {
        foreach (StructField field in type.Fields)
        {
            if (IsVoid(field.Type)) continue;
            CheckTypeChanges(field);
            string name = _mapped ? field.PhysicalName : field.Name;
            int id = _mapped ? MappedId(field) : KnownOrNew(names.Find(name), field.Type);
            NameMapping below = Register(names, name, id, field.Type);
            string[] fieldPath = [.. path, name];
            IcebergType mapped = Translate(field.Type, below, field, name, fieldPath);
            bool inFiles = path.Length > 0 || !_partitionColumns.Contains(field.Name);
            if (mapped is IcebergPrimitive primitive && inFiles && fieldPath.Length > 0) _metrics.Add(new MetricColumn(id, primitive, fieldPath));
            yield return new IcebergField(id, field.Name, !field.Nullable, mapped, Comment(field));
        }
    }

    /// <param name="type">The type.</param>
    /// <param name="below">Names below it.</param>
    /// <param name="field">The field it is the type of, or in whose lists and maps it is.</param>
    /// <param name="nestedPath">Where it is below the field, as the column mapping's nested ids have it.</param>
    /// <param name="path">Where statistics have it; null in lists and maps, of which there are none.</param>
    private IcebergType Translate(DeltaType type, NameMapping below, StructField field, string nestedPath, string[]? path)
    {
        switch (type)
        {
            case StructType nested:
                if (path is not null) return MapFields(nested, below, path);
                int statistics = _metrics.Count;
                IcebergStruct inside = MapFields(nested, below, ["?"]);
                _metrics.RemoveRange(statistics, _metrics.Count - statistics);
                return inside;
            case ArrayType array:
                (int element, NameMapping inElement) = NestedId(below, "element", field, nestedPath, array.ElementType);
                return new IcebergList(element, !array.ContainsNull, Translate(array.ElementType, inElement, field, nestedPath + ".element", null));
            case MapType map:
                (int key, NameMapping inKey) = NestedId(below, "key", field, nestedPath, map.KeyType);
                (int value, NameMapping inValue) = NestedId(below, "value", field, nestedPath, map.ValueType);
                return new IcebergMap(
                    key, Translate(map.KeyType, inKey, field, nestedPath + ".key", null), value, !map.ValueContainsNull, Translate(map.ValueType, inValue, field, nestedPath + ".value", null));
            default:
                return IcebergPrimitive.Of(type) ?? throw Refused($"the type {type} of column '{field.Name}' has no counterpart in Iceberg's format version 2");
        }
    }

    private int MappedId(StructField field) => field.ColumnId switch
    {
        > 0 and < FirstNestedId and long id => (int)id,
        null => throw Refused($"the column '{field.Name}' has no id, though columns are mapped"),
        long id => throw Refused($"the column '{field.Name}' has the id {id}, which Iceberg has no room for"),
    };

    private (int Id, NameMapping Below) NestedId(NameMapping names, string name, StructField field, string path, DeltaType type)
    {
        int id;
        if (!_mapped) id = KnownOrNew(names.Find(name), type);
        else if (field.NestedIds.TryGetValue($"{path}.{name}", out long own) && own is > 0 and < FirstNestedId) id = (int)own;
        else
        {
            _lastId = Math.Max(_lastId, FirstNestedId);
            id = names.Find(name) is { Id: > FirstNestedId } known && Fits(known.Id, type) ? known.Id : ++_lastId;
        }

        return (id, Register(names, name, id, type));
    }

    private int KnownOrNew(NameMapping.Entry? known, DeltaType type) => known is not null && Fits(known.Id, type) ? known.Id : ++_lastId;

    private NameMapping Register(NameMapping names, string name, int id, DeltaType type)
    {
        if (!_ids.Add(id)) throw Refused($"two columns have the id {id}");
        _lastId = Math.Max(_lastId, id);
        Restarts |= (names.Find(name) is { } before && before.Id != id) || !Fits(id, type);
        return names.Set(name, id);
    }

    /// <summary>Whether files in which the id has the type that is known can be read as this type.</summary>
    private bool Fits(int id, DeltaType type) => !_knownTypes.TryGetValue(id, out IcebergType? known) || (known, type) switch
    {
        (IcebergStruct, StructType) or (IcebergList, ArrayType) or (IcebergMap, MapType) => true,
        (IcebergPrimitive before, _) when IcebergPrimitive.Of(type) is { } after => before.CanBecome(after),
        _ => false,
    };

    /// <summary>Files of before a column was widened hold the narrower type, and Iceberg reads over fewer changes than Delta.</summary>
    private void CheckTypeChanges(StructField field)
    {
        if (!field.Metadata.TryGetValue(SchemaEvolution.TypeChangesKey, out JsonElement changes) || changes.ValueKind != JsonValueKind.Array) return;
        foreach (JsonElement change in changes.EnumerateArray())
        {
            string from = change.GetProperty("fromType").GetString()!, to = change.GetProperty("toType").GetString()!;
            IcebergPrimitive? before = IcebergPrimitive.Of(SchemaJson.ParsePrimitive(from)), after = IcebergPrimitive.Of(SchemaJson.ParsePrimitive(to));
            if (before is not null && (after is null || !before.CanBecome(after)))
                throw Refused($"the column '{field.Name}' was widened from {from} to {to}, which Iceberg does not read over");
        }
    }

    private PartitionColumn PartitionOf(StructField field)
    {
        IcebergField column = Columns.Fields.FirstOrDefault(column => column.Name == field.Name) ?? throw Refused($"the column '{field.Name}', by which it is partitioned, is void");
        IcebergPrimitive type = column.Type as IcebergPrimitive ?? throw Refused($"it is partitioned by '{field.Name}', which is nested");
        return new PartitionColumn(column.Id, field.Name, _mapped ? field.PhysicalName : field.Name, field.Type, type);
    }

    /// <summary>Whether no file holds anything of the type.</summary>
    private static bool IsVoid(DeltaType type) => type switch
    {
        StructType nested => nested.Fields.All(field => IsVoid(field.Type)),
        ArrayType array => IsVoid(array.ElementType),
        MapType map => IsVoid(map.KeyType) || IsVoid(map.ValueType),
        _ => type == PrimitiveType.Void,
    };

    private static string? Comment(StructField field) =>
        field.Metadata.TryGetValue("comment", out JsonElement comment) && comment.ValueKind == JsonValueKind.String ? comment.GetString() : null;

    private IcebergMappingException Refused(string what) => new(_table, what, _version);
}

/// <summary>What earlier metadata says about ids.</summary>
/// <param name="Names">The ids by name.</param>
/// <param name="Types">The last type of every id.</param>
/// <param name="LastColumnId">The greatest id.</param>
internal sealed record KnownIds(NameMapping Names, IReadOnlyDictionary<int, IcebergType> Types, int LastColumnId)
{
    public static KnownIds None => new(new NameMapping(), new Dictionary<int, IcebergType>(), 0);
}
