using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>Which changes of a table's schema a merge may make.</summary>
[Flags]
public enum SchemaChanges
{
    /// <summary>None: the data must fit the schema as it is.</summary>
    None = 0,

    /// <summary>New columns, at the end and nullable, nested ones included.</summary>
    AddColumns = 1,

    /// <summary>Wider types, as the feature <c>typeWidening</c> allows.</summary>
    WidenTypes = 2,
}

/// <summary>How a table's schema takes in that of new data (PROTOCOL.md, "Type Widening").</summary>
public static class SchemaEvolution
{
    /// <summary>The column metadata that keeps what a column's type has been.</summary>
    public const string TypeChangesKey = "delta.typeChanges";

    /// <summary>
    /// The schema that holds both the table's rows and the data's. Columns meet by name, whatever its case. Columns that the data
    /// lacks stay; a narrower type in the data stays out of the schema, since every value of it fits.
    /// </summary>
    /// <returns><paramref name="table"/> itself when nothing changes.</returns>
    /// <exception cref="SchemaMismatchException">The data needs a change that is not allowed or not possible.</exception>
    public static StructType Merge(string tablePath, StructType table, StructType data, SchemaChanges allowed)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(data);
        return new Merging(tablePath, allowed).Merge(table, data, "");
    }

    /// <summary>Whether values of one type can become another's without loss, by the protocol's table of type changes.</summary>
    public static bool CanWiden(DeltaType from, DeltaType to)
    {
        if (from == PrimitiveType.Void) return true;
        int integer = IntegerRank(from);
        if (integer > 0 && IntegerRank(to) > integer) return true;
        if (to == PrimitiveType.Double) return from == PrimitiveType.Float || integer is > 0 and < 4;
        if (from == PrimitiveType.Date && to == PrimitiveType.TimestampNtz) return true;
        if (to is not DecimalType target) return false;
        if (from is DecimalType source) return target.Scale >= source.Scale && target.Precision - target.Scale >= source.Precision - source.Scale && source != target;
        return integer > 0 && target.Precision - target.Scale >= (integer == 4 ? 20 : 10);
    }

    /// <summary>
    /// The recorded type changes that this implementation cannot read over, as <c>column: from -> to</c> (PROTOCOL.md, "Reader
    /// Requirements for Type Widening").
    /// </summary>
    internal static IReadOnlyList<string> UnreadableChanges(StructType schema)
    {
        List<string> unreadable = [];
        schema.AnyField(field =>
        {
            if (!field.Metadata.TryGetValue(TypeChangesKey, out JsonElement changes) || changes.ValueKind != JsonValueKind.Array) return false;
            foreach (JsonElement change in changes.EnumerateArray())
            {
                if (!IsReadable(Text(change, "fromType"), Text(change, "toType"))) unreadable.Add($"{field.Name}: {Text(change, "fromType")} -> {Text(change, "toType")}");
            }

            return false;
        });
        return unreadable;

        static string? Text(JsonElement change, string name) =>
            change.ValueKind == JsonValueKind.Object && change.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static bool IsReadable(string? from, string? to)
    {
        if (from is null || to is null) return false;
        try
        {
            return CanWiden(SchemaJson.ParsePrimitive(from), SchemaJson.ParsePrimitive(to));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static int IntegerRank(DeltaType type) =>
        type == PrimitiveType.Byte ? 1 : type == PrimitiveType.Short ? 2 : type == PrimitiveType.Integer ? 3 : type == PrimitiveType.Long ? 4 : 0;

    private sealed class Merging(string tablePath, SchemaChanges allowed)
    {
        public StructType Merge(StructType table, StructType data, string where)
        {
            List<StructField> fields = new(table.Fields.Count);
            bool changed = false;
            foreach (StructField field in table.Fields)
            {
                StructField merged = data.Find(field.Name) is { } incoming ? MergeField(field, incoming, Path(where, field.Name)) : Missing(field, where);
                changed |= !ReferenceEquals(merged, field);
                fields.Add(merged);
            }

            foreach (StructField field in data.Fields)
            {
                if (table.Find(field.Name) is not null) continue;
                string path = Path(where, field.Name);
                if (!allowed.HasFlag(SchemaChanges.AddColumns))
                    throw new SchemaMismatchException(tablePath, path, $"the data has a column '{path}' of type {field.Type}, which the table does not have. Allow new columns, or leave it out.");
                fields.Add(new StructField(field.Name, Nullable(field.Type)));
                changed = true;
            }

            return changed ? new StructType(fields) : table;
        }

        private StructField Missing(StructField field, string where)
        {
            if (field.Nullable) return field;
            string path = Path(where, field.Name);
            throw new SchemaMismatchException(tablePath, path, $"the data lacks the column '{path}' of type {field.Type}, which may not be null.");
        }

        private StructField MergeField(StructField field, StructField incoming, string where)
        {
            List<TypeChange> changes = [];
            DeltaType type = MergeType(field.Type, incoming.Type, where, "", changes);
            if (ReferenceEquals(type, field.Type)) return field;
            StructField merged = field.WithType(type);
            return changes.Count == 0 ? merged : merged.WithMetadata(TypeChangesKey, Record(field, changes));
        }

        private DeltaType MergeType(DeltaType table, DeltaType data, string where, string fieldPath, List<TypeChange> changes)
        {
            switch (table, data)
            {
                case (StructType left, StructType right):
                    return Merge(left, right, where);
                case (ArrayType left, ArrayType right):
                    DeltaType element = MergeType(left.ElementType, right.ElementType, where + ".element", Path(fieldPath, "element"), changes);
                    return ReferenceEquals(element, left.ElementType) ? left : new ArrayType(element, left.ContainsNull);
                case (MapType left, MapType right):
                    DeltaType key = MergeType(left.KeyType, right.KeyType, where + ".key", Path(fieldPath, "key"), changes);
                    DeltaType value = MergeType(left.ValueType, right.ValueType, where + ".value", Path(fieldPath, "value"), changes);
                    return ReferenceEquals(key, left.KeyType) && ReferenceEquals(value, left.ValueType) ? left : new MapType(key, value, left.ValueContainsNull);
            }

            if (table == data || CanWiden(data, table)) return table;
            if (allowed.HasFlag(SchemaChanges.WidenTypes) && CanWiden(table, data))
            {
                if (table != PrimitiveType.Void) changes.Add(new TypeChange(table, data, fieldPath));
                return data;
            }

            string reason = CanWiden(table, data) ? "Allow wider types, or cast the data." : "The one cannot become the other without loss: cast the data.";
            throw new SchemaMismatchException(tablePath, where, $"the column '{where}' is of type {table}, but the data has {data}. {reason}");
        }

        /// <summary>A new column's nested fields are nullable too: old rows have nothing there.</summary>
        private static DeltaType Nullable(DeltaType type) => type switch
        {
            StructType nested => new StructType(nested.Fields.Select(field => new StructField(field.Name, Nullable(field.Type)))),
            ArrayType array => new ArrayType(Nullable(array.ElementType)),
            MapType map => new MapType(Nullable(map.KeyType), Nullable(map.ValueType)),
            _ => type,
        };

        private static JsonElement Record(StructField field, List<TypeChange> changes)
        {
            using MemoryStream buffer = new();
            using (Utf8JsonWriter writer = new(buffer))
            {
                writer.WriteStartArray();
                if (field.Metadata.TryGetValue(TypeChangesKey, out JsonElement earlier) && earlier.ValueKind == JsonValueKind.Array)
                {
                    foreach (JsonElement change in earlier.EnumerateArray()) change.WriteTo(writer);
                }

                foreach (TypeChange change in changes)
                {
                    writer.WriteStartObject();
                    writer.WriteString("fromType", change.From.ToString());
                    writer.WriteString("toType", change.To.ToString());
                    if (change.FieldPath.Length > 0) writer.WriteString("fieldPath", change.FieldPath);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            using JsonDocument document = JsonDocument.Parse(buffer.ToArray());
            return document.RootElement.Clone();
        }

        private static string Path(string where, string name) => where.Length == 0 ? name : $"{where}.{name}";
    }

    private readonly record struct TypeChange(DeltaType From, DeltaType To, string FieldPath);
}
