using System.Globalization;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>
/// Names and ids that columns have in data files, apart from the names that queries use (PROTOCOL.md, "Column Mapping"). With
/// them a column can be renamed and dropped without touching a file.
/// </summary>
public static class ColumnMapping
{
    /// <summary>The greatest id that any column of the table has ever had.</summary>
    public const string MaxColumnIdKey = "delta.columnMapping.maxColumnId";

    /// <summary>
    /// The metadata with a physical name and an id for every column and nested field that lacks one; itself where columns are not
    /// mapped, or all have both. In tables that Iceberg clients read, elements of lists and keys and values of maps get ids too, which
    /// those clients know them by.
    /// </summary>
    /// <param name="metadata">The metadata after the change.</param>
    /// <param name="before">The table's metadata before the change; null for a new table. Columns of a table that was not mapped keep their names in files.</param>
    /// <exception cref="ArgumentException">The mode is none of none, id and name.</exception>
    public static Metadata Assign(Metadata metadata, Metadata? before)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        string mode = metadata.ColumnMappingMode;
        if (mode == "none") return metadata;
        if (mode is not ("id" or "name")) throw new ArgumentException($"The column mapping mode '{mode}' is none of none, id and name.", nameof(metadata));
        bool upgrades = before is not null && before.ColumnMappingMode == "none";
        Assigning assigning = new(MaxIdOf(metadata), upgrades ? before!.Schema : null, metadata.AsksForIceberg());
        StructType schema = (StructType)assigning.Visit(metadata.Schema, upgrades ? before!.Schema : null);
        string most = assigning.MaxId.ToString(CultureInfo.InvariantCulture);
        if (ReferenceEquals(schema, metadata.Schema) && metadata.Configuration.GetValueOrDefault(MaxColumnIdKey) == most) return metadata;
        return metadata.WithSchema(schema).WithProperty(MaxColumnIdKey, most);
    }

    /// <summary>The same table with a column, or a field of nested structs (names joined by points), under another name.</summary>
    /// <exception cref="ArgumentException">There is no such column, the new name is taken, or columns are not mapped.</exception>
    public static Metadata Rename(Metadata metadata, string path, string newName)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentException.ThrowIfNullOrEmpty(newName);
        EnsureMapped(metadata, "renamed");
        StructType schema = Change(metadata.Schema, Split(path), 0, field => new StructField(newName, field.Type, field.Nullable, field.Metadata));
        bool top = !path.Contains('.', StringComparison.Ordinal);
        Metadata renamed = metadata.WithSchema(schema);
        return top
            ? renamed with { PartitionColumns = [.. metadata.PartitionColumns.Select(column => column.Equals(path, StringComparison.OrdinalIgnoreCase) ? newName : column)] }
            : renamed;
    }

    /// <summary>The same table without a column, or without a field of nested structs. Its values stay in the files, unread.</summary>
    /// <exception cref="ArgumentException">There is no such column, it partitions the table or is the last, or columns are not mapped.</exception>
    public static Metadata Drop(Metadata metadata, string path)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        EnsureMapped(metadata, "dropped");
        if (metadata.PartitionColumns.Contains(path, StringComparer.OrdinalIgnoreCase)) throw new ArgumentException($"The column '{path}' cannot be dropped: it partitions the table.", nameof(path));
        return metadata.WithSchema(Change(metadata.Schema, Split(path), 0, _ => null));
    }

    private static void EnsureMapped(Metadata metadata, string what)
    {
        if (metadata.ColumnMappingMode == "none")
            throw new ArgumentException($"Columns can be {what} only where their names are mapped: set {TableProperties.ColumnMappingMode} to name first.", nameof(metadata));
    }

    private static string[] Split(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path.Split('.');
    }

    private static StructType Change(StructType type, string[] path, int depth, Func<StructField, StructField?> change)
    {
        StructField field = type.Find(path[depth]) ?? throw new ArgumentException($"There is no column '{string.Join('.', path)}'.", nameof(path));
        StructField? changed = depth == path.Length - 1
            ? change(field)
            : field.WithType(Below(field.Type, path, depth + 1, change));
        List<StructField> fields = [];
        foreach (StructField other in type.Fields)
        {
            if (!ReferenceEquals(other, field)) fields.Add(other);
            else if (changed is not null) fields.Add(changed);
        }

        return fields.Count > 0 ? new StructType(fields) : throw new ArgumentException($"The column '{string.Join('.', path)}' cannot be dropped: nothing would be left.", nameof(path));
    }

    /// <summary>Arrays and maps are passed by <c>element</c>, <c>key</c> and <c>value</c> (PROTOCOL.md, "Field Path").</summary>
    private static DeltaType Below(DeltaType type, string[] path, int depth, Func<StructField, StructField?> change) => (type, path[depth]) switch
    {
        (StructType nested, _) => Change(nested, path, depth, change),
        (ArrayType array, "element") when depth + 1 < path.Length => new ArrayType(Below(array.ElementType, path, depth + 1, change), array.ContainsNull),
        (MapType map, "key") when depth + 1 < path.Length => new MapType(Below(map.KeyType, path, depth + 1, change), map.ValueType, map.ValueContainsNull),
        (MapType map, "value") when depth + 1 < path.Length => new MapType(map.KeyType, Below(map.ValueType, path, depth + 1, change), map.ValueContainsNull),
        _ => throw new ArgumentException($"There is no column '{string.Join('.', path)}'.", nameof(path)),
    };

    private static long MaxIdOf(Metadata metadata)
    {
        long most = long.TryParse(metadata.Configuration.GetValueOrDefault(MaxColumnIdKey), NumberStyles.None, CultureInfo.InvariantCulture, out long kept) ? kept : 0;
        metadata.Schema.AnyField(field =>
        {
            most = Math.Max(most, field.ColumnId ?? 0);
            foreach (long id in field.NestedIds.Values) most = Math.Max(most, id);
            return false;
        });
        return most;
    }

    /// <summary>One walk over a schema that fills in what is missing, from the top down. Columns that the table had before it was mapped keep
    /// their names, and so the ids that Iceberg clients knew them by where those were given in the same order.</summary>
    private sealed class Assigning(long maxId, StructType? keepNames, bool nested)
    {
        public long MaxId { get; private set; } = maxId;

        public DeltaType Visit(StructType fields, DeltaType? before)
        {
            StructField[] visited = [.. fields.Fields.Select(field => Visit(field, (before as StructType)?.Find(field.Name)))];
            return visited.Zip(fields.Fields).All(pair => ReferenceEquals(pair.First, pair.Second)) ? fields : new StructType(visited);
        }

        /// <param name="type">The type.</param>
        /// <param name="before">The type before the table was mapped.</param>
        /// <param name="ids">The ids in lists and maps of the field that has the type.</param>
        /// <param name="path">Where it is in the files, from the field on.</param>
        private DeltaType Visit(DeltaType type, DeltaType? before, Dictionary<string, long> ids, string path)
        {
            switch (type)
            {
                case StructType fields:
                    return Visit(fields, before);
                case ArrayType array:
                    DeltaType element = Nested(array.ElementType, (before as ArrayType)?.ElementType, ids, path + ".element");
                    return ReferenceEquals(element, array.ElementType) ? type : new ArrayType(element, array.ContainsNull);
                case MapType map:
                    if (nested && !ids.ContainsKey(path + ".key")) ids[path + ".key"] = ++MaxId;
                    if (nested && !ids.ContainsKey(path + ".value")) ids[path + ".value"] = ++MaxId;
                    DeltaType key = Nested(map.KeyType, (before as MapType)?.KeyType, ids, path + ".key"), value = Nested(map.ValueType, (before as MapType)?.ValueType, ids, path + ".value");
                    return ReferenceEquals(key, map.KeyType) && ReferenceEquals(value, map.ValueType) ? type : new MapType(key, value, map.ValueContainsNull);
                default:
                    return type;
            }
        }

        private DeltaType Nested(DeltaType type, DeltaType? before, Dictionary<string, long> ids, string path)
        {
            if (nested && !ids.ContainsKey(path)) ids[path] = ++MaxId;
            return Visit(type, before, ids, path);
        }

        private StructField Visit(StructField field, StructField? before)
        {
            StructField result = field;
            if (result.ColumnId is null) result = result.WithMetadata(StructField.IdKey, JsonSerializer.SerializeToElement(++MaxId));
            if (!result.Metadata.ContainsKey(StructField.PhysicalNameKey))
            {
                string name = keepNames is not null && before is not null ? field.Name : $"col-{Guid.NewGuid()}";
                result = result.WithMetadata(StructField.PhysicalNameKey, JsonSerializer.SerializeToElement(name));
            }

            Dictionary<string, long> ids = new(field.NestedIds, StringComparer.Ordinal);
            int known = ids.Count;
            DeltaType type = Visit(field.Type, before?.Type, ids, result.PhysicalName);
            if (ids.Count > known) result = result.WithMetadata(StructField.NestedIdsKey, JsonSerializer.SerializeToElement(ids));
            return ReferenceEquals(type, field.Type) ? result : result.WithType(type);
        }
    }
}
