using Lakehouse.DuckDb;

namespace Lakehouse.Ingestion.Postgres.Types;

/// <summary>
/// Turns PostgreSQL's text of a value into a value of a column buffer, without allocating. The texts are those of COPY
/// and pgoutput under the session settings of <see cref="Source.SourceConnection"/>.
/// </summary>
internal abstract class ColumnDecoder
{
    /// <summary>Writes the value into <paramref name="row"/> of <paramref name="column"/>.</summary>
    /// <returns>
    /// False when the column's type cannot hold the value exactly (infinity in a date, NaN in a decimal, a
    /// multi-dimensional array…): the column then holds the nearest it can, or null, and the caller keeps the text.
    /// </returns>
    public abstract bool Decode(ReadOnlySpan<byte> text, ref DuckDbVectorWriter column, int row);

    /// <summary>The decoder for a column.</summary>
    /// <param name="column">The bronze column's type, which may be wider than the source's.</param>
    /// <param name="source">The source's type.</param>
    public static ColumnDecoder For(BronzeType column, ColumnMapping source) => column.Kind switch
    {
        BronzeKind.Boolean => new BooleanDecoder(),
        BronzeKind.Int16 => new Int16Decoder(),
        BronzeKind.Int32 => new Int32Decoder(),
        BronzeKind.Int64 => new Int64Decoder(),
        BronzeKind.Float32 => new Float32Decoder(),
        BronzeKind.Float64 => new Float64Decoder(),
        BronzeKind.Decimal => new DecimalDecoder(column.Precision, column.Scale),
        BronzeKind.Binary => new BinaryDecoder(),
        BronzeKind.Date => new DateDecoder(),
        BronzeKind.TimestampNtz or BronzeKind.Timestamp => new TimestampDecoder(),
        BronzeKind.Array => new ArrayDecoder(For(column.Element!, new ColumnMapping(source.Type.Element ?? source.Type, (byte)',')), source.Delimiter),
        _ => new TextDecoder(),
    };
}
