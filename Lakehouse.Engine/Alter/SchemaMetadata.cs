using System.Text.Json;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Alter;

/// <summary>What a schema says about its fields besides names and types.</summary>
internal static class SchemaMetadata
{
    /// <summary>The schema without some keys of its fields' metadata, nested ones too.</summary>
    public static StructType Without(StructType schema, Func<string, bool> isUnwanted) => (StructType)Visit(schema, isUnwanted);

    private static DeltaType Visit(DeltaType type, Func<string, bool> isUnwanted) => type switch
    {
        StructType fields => new StructType(fields.Fields.Select(field => new StructField(field.Name, Visit(field.Type, isUnwanted), field.Nullable, Kept(field, isUnwanted)))),
        ArrayType array => new ArrayType(Visit(array.ElementType, isUnwanted), array.ContainsNull),
        MapType map => new MapType(Visit(map.KeyType, isUnwanted), Visit(map.ValueType, isUnwanted), map.ValueContainsNull),
        _ => type,
    };

    private static Dictionary<string, JsonElement> Kept(StructField field, Func<string, bool> isUnwanted) =>
        field.Metadata.Where(entry => !isUnwanted(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
}
