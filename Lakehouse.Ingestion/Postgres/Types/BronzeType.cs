using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Ingestion.Postgres.Types;

/// <summary>The kinds of column that bronze has for PostgreSQL values.</summary>
internal enum BronzeKind
{
    Boolean, Int16, Int32, Int64, Float32, Float64, Decimal, Text, Binary, Date, TimestampNtz, Timestamp, Array,
}

/// <summary>The type of a bronze column that holds a source's values. Texts hold every value of every type.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Precision">A decimal's digits, 1 to 38; else 0.</param>
/// <param name="Scale">A decimal's digits after the point, 0 to <paramref name="Precision"/>; else 0.</param>
/// <param name="Element">An array's element type; else null.</param>
internal sealed record BronzeType(BronzeKind Kind, int Precision = 0, int Scale = 0, BronzeType? Element = null)
{
    public static BronzeType Boolean { get; } = new(BronzeKind.Boolean);
    public static BronzeType Int16 { get; } = new(BronzeKind.Int16);
    public static BronzeType Int32 { get; } = new(BronzeKind.Int32);
    public static BronzeType Int64 { get; } = new(BronzeKind.Int64);
    public static BronzeType Float32 { get; } = new(BronzeKind.Float32);
    public static BronzeType Float64 { get; } = new(BronzeKind.Float64);
    public static BronzeType Text { get; } = new(BronzeKind.Text);
    public static BronzeType Binary { get; } = new(BronzeKind.Binary);
    public static BronzeType Date { get; } = new(BronzeKind.Date);
    public static BronzeType TimestampNtz { get; } = new(BronzeKind.TimestampNtz);
    public static BronzeType Timestamp { get; } = new(BronzeKind.Timestamp);

    public static BronzeType Decimal(int precision, int scale) => new(BronzeKind.Decimal, precision, scale);

    public static BronzeType Array(BronzeType element) => new(BronzeKind.Array, Element: element);

    /// <summary>The type of an existing bronze column; null when it is none that ingestion writes.</summary>
    public static BronzeType? FromDelta(DeltaType type) => type switch
    {
        DecimalType d => Decimal(d.Precision, d.Scale),
        ArrayType a => FromDelta(a.ElementType) is { } element ? Array(element) : null,
        _ when type.Equals(PrimitiveType.Boolean) => Boolean,
        _ when type.Equals(PrimitiveType.Short) => Int16,
        _ when type.Equals(PrimitiveType.Integer) => Int32,
        _ when type.Equals(PrimitiveType.Long) => Int64,
        _ when type.Equals(PrimitiveType.Float) => Float32,
        _ when type.Equals(PrimitiveType.Double) => Float64,
        _ when type.Equals(PrimitiveType.String) => Text,
        _ when type.Equals(PrimitiveType.Binary) => Binary,
        _ when type.Equals(PrimitiveType.Date) => Date,
        _ when type.Equals(PrimitiveType.TimestampNtz) => TimestampNtz,
        _ when type.Equals(PrimitiveType.Timestamp) => Timestamp,
        _ => null,
    };

    /// <summary>The Delta type of the column.</summary>
    public DeltaType ToDelta() => Kind switch
    {
        BronzeKind.Boolean => PrimitiveType.Boolean,
        BronzeKind.Int16 => PrimitiveType.Short,
        BronzeKind.Int32 => PrimitiveType.Integer,
        BronzeKind.Int64 => PrimitiveType.Long,
        BronzeKind.Float32 => PrimitiveType.Float,
        BronzeKind.Float64 => PrimitiveType.Double,
        BronzeKind.Decimal => new DecimalType(Precision, Scale),
        BronzeKind.Text => PrimitiveType.String,
        BronzeKind.Binary => PrimitiveType.Binary,
        BronzeKind.Date => PrimitiveType.Date,
        BronzeKind.TimestampNtz => PrimitiveType.TimestampNtz,
        BronzeKind.Timestamp => PrimitiveType.Timestamp,
        _ => new ArrayType(Element!.ToDelta(), true),
    };

    /// <summary>The DuckDB type that values are buffered in.</summary>
    public DuckDbType ToDuckDb() => Kind switch
    {
        BronzeKind.Boolean => DuckDbType.Boolean,
        BronzeKind.Int16 => DuckDbType.SmallInt,
        BronzeKind.Int32 => DuckDbType.Integer,
        BronzeKind.Int64 => DuckDbType.BigInt,
        BronzeKind.Float32 => DuckDbType.Float,
        BronzeKind.Float64 => DuckDbType.Double,
        BronzeKind.Decimal => DuckDbType.Decimal(Precision, Scale),
        BronzeKind.Text => DuckDbType.Varchar,
        BronzeKind.Binary => DuckDbType.Blob,
        BronzeKind.Date => DuckDbType.Date,
        BronzeKind.TimestampNtz => DuckDbType.Timestamp,
        BronzeKind.Timestamp => DuckDbType.TimestampTz,
        _ => DuckDbType.List(Element!.ToDuckDb()),
    };

    /// <summary>Whether a column of this type holds every value of <paramref name="source"/> as it is.</summary>
    public bool Holds(BronzeType source) => (Kind, source.Kind) switch
    {
        _ when this == source => true,
        (BronzeKind.Text, _) => true,
        (BronzeKind.Int32 or BronzeKind.Int64, BronzeKind.Int16) => true,
        (BronzeKind.Int64, BronzeKind.Int32) => true,
        (BronzeKind.Float64, BronzeKind.Float32 or BronzeKind.Int16 or BronzeKind.Int32) => true,
        (BronzeKind.Float32, BronzeKind.Int16) => true,
        (BronzeKind.Decimal, BronzeKind.Decimal) => Scale >= source.Scale && Precision - Scale >= source.Precision - source.Scale,
        (BronzeKind.Decimal, BronzeKind.Int16) => Precision - Scale >= 5,
        (BronzeKind.Decimal, BronzeKind.Int32) => Precision - Scale >= 10,
        (BronzeKind.Decimal, BronzeKind.Int64) => Precision - Scale >= 19,
        (BronzeKind.TimestampNtz, BronzeKind.Date) => true,
        (BronzeKind.Array, BronzeKind.Array) => Element!.Holds(source.Element!),
        _ => false,
    };

    /// <summary>
    /// The type that a column of this type becomes so that it also holds <paramref name="source"/>, within what Delta may
    /// widen; null when there is none and the two are incompatible.
    /// </summary>
    /// <remarks>Delta PROTOCOL.md, "Type Widening".</remarks>
    public BronzeType? WidenFor(BronzeType source)
    {
        if (Holds(source)) return this;
        switch (Kind, source.Kind)
        {
            case (BronzeKind.Int16, BronzeKind.Int32 or BronzeKind.Int64):
            case (BronzeKind.Int32, BronzeKind.Int64):
            case (BronzeKind.Float32, BronzeKind.Float64):
            case (BronzeKind.Int16 or BronzeKind.Int32, BronzeKind.Float64):
            case (BronzeKind.Date, BronzeKind.TimestampNtz):
                return source;
            case (BronzeKind.Float32, BronzeKind.Int32):
                return Float64;
            case (BronzeKind.Int16 or BronzeKind.Int32, BronzeKind.Decimal):
                return Fitting(Math.Max(10, source.Precision - source.Scale), source.Scale);
            case (BronzeKind.Int64, BronzeKind.Decimal):
                return Fitting(Math.Max(20, source.Precision - source.Scale), source.Scale);
            case (BronzeKind.Decimal, BronzeKind.Decimal):
                return Fitting(Math.Max(Precision - Scale, source.Precision - source.Scale), Math.Max(Scale, source.Scale));
            case (BronzeKind.Decimal, BronzeKind.Int16 or BronzeKind.Int32 or BronzeKind.Int64):
                return Fitting(Math.Max(Precision - Scale, source.Kind == BronzeKind.Int16 ? 5 : source.Kind == BronzeKind.Int32 ? 10 : 19), Scale);
            case (BronzeKind.Array, BronzeKind.Array):
                return Element!.WidenFor(source.Element!) is { } element ? Array(element) : null;
            default:
                return null;
        }

        static BronzeType? Fitting(int integerDigits, int scale) => integerDigits + scale <= 38 ? Decimal(integerDigits + scale, scale) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => ToDuckDb().ToString();
}
