using System.Globalization;
using System.Text;
using System.Text.Json;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Results;

/// <summary>
/// A result's values as plain text, for tables and CSV: numbers with all their digits, times as DuckDB prints them,
/// BLOB as hexadecimal behind <c>\x</c>, and lists, structs and maps as the JSON of <see cref="ResultJson"/>.
/// </summary>
public static class ResultText
{
    /// <summary>The text of one value of the current chunk; null for SQL's NULL.</summary>
    public static string? Read(in DuckDbVector vector, int row)
    {
        if (vector.IsNull(row))
            return null;
        DuckDbTypeId type = vector.Type.Id;
        if (ScalarText.IsExactNumber(type))
        {
            Span<byte> number = stackalloc byte[ScalarText.MaxLength];
            return Encoding.ASCII.GetString(number[..ScalarText.WriteNumber(vector, row, number)]);
        }
        return type switch
        {
            DuckDbTypeId.Boolean => vector.Values<byte>()[row] != 0 ? "true" : "false",
            DuckDbTypeId.Float => vector.Values<float>()[row].ToString(CultureInfo.InvariantCulture),
            DuckDbTypeId.Double => vector.Values<double>()[row].ToString(CultureInfo.InvariantCulture),
            DuckDbTypeId.Varchar => Encoding.UTF8.GetString(vector.Utf8(row)),
            DuckDbTypeId.Blob or DuckDbTypeId.Geometry => "\\x" + Convert.ToHexString(vector.Utf8(row)),
            DuckDbTypeId.Bit => BitText.Of(vector.Utf8(row)),
            DuckDbTypeId.Interval => IntervalText.Iso(vector.Values<DuckDbInterval>()[row]),
            DuckDbTypeId.List or DuckDbTypeId.Array or DuckDbTypeId.Struct or DuckDbTypeId.Map => Json(vector, row),
            DuckDbTypeId.Union => Read(vector.Field(vector.UnionTags[row]), row),
            _ => Time(vector, row),
        };
    }

    private static string? Time(in DuckDbVector vector, int row)
    {
        Span<byte> text = stackalloc byte[ScalarText.MaxLength];
        int length = ScalarText.WriteTime(vector, row, TimeStyle.Sql, text);
        return length > 0 ? Encoding.ASCII.GetString(text[..length]) : Convert.ToString(vector.GetProviderValue(row), CultureInfo.InvariantCulture);
    }

    private static string Json(in DuckDbVector vector, int row)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, ResultJson.WriterOptions))
            ResultJson.Write(writer, vector, row);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
