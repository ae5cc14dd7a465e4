using System.Buffers;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Variants;

/// <summary>Variant columns in SQL. DuckDB reads those that the Parquet file calls variants, shredded ones too; of files whose writer did
/// not (Spark 4.0 and before) it makes objects of two blobs, which are taken apart here.</summary>
internal static class VariantColumns
{
    /// <summary><c>lake_variant(metadata BLOB, value BLOB) → VARCHAR</c>.</summary>
    private const string FunctionName = "lake_variant";

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>Makes the function known to all connections of the connection's database.</summary>
    public static void Register(DuckDbConnection connection) =>
        connection.RegisterScalarFunction(FunctionName, [DuckDbType.Blob, DuckDbType.Blob], DuckDbType.Varchar, Evaluate);

    /// <summary>The JSON text of an expression of type VARIANT. A variant that holds JSON's null is null, as DuckDB has it.</summary>
    public static string ToText(string expression)
    {
        var encoded = $"CAST(variant_to_parquet_variant({expression}) AS STRUCT(metadata BLOB, \"value\" BLOB))";
        return $"CASE WHEN {expression} IS NULL THEN NULL"
            + $" WHEN variant_typeof({expression}) IN ('OBJECT(metadata, value)', 'OBJECT(value, metadata)') AND variant_typeof(variant_extract({expression}, 'metadata')) = 'BLOB'"
            + $" THEN {FunctionName}(CAST(variant_extract({expression}, 'metadata') AS BLOB), CAST(variant_extract({expression}, 'value') AS BLOB))"
            + $" WHEN variant_typeof({expression}) LIKE 'OBJECT(%typed_value%' AND variant_typeof(variant_extract({expression}, 'metadata')) = 'BLOB'"
            + " THEN error('A shredded variant stands in a file that does not call it a variant (Parquet''s logical type VARIANT): it cannot be put together here. Write the table anew with the engine that made it.')"
            + $" ELSE {FunctionName}(struct_extract({encoded}, 'metadata'), struct_extract({encoded}, 'value')) END";
    }

    private static void Evaluate(DuckDbInput input, DuckDbVectorWriter output)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>();
        DuckDbVector metadata = input[0], value = input[1];
        for (var row = 0; row < input.RowCount; row++)
        {
            if (metadata.IsNull(row) || value.IsNull(row)) continue;
            buffer.ResetWrittenCount();
            VariantText.Write(metadata.Utf8(row), value.Utf8(row), buffer);
            output.SetUtf8(row, buffer.WrittenSpan);
        }
    }
}
