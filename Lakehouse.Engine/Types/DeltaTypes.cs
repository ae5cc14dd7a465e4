using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine;

/// <summary>Delta's types in DuckDB, and DuckDB's in Delta.</summary>
public static class DeltaTypes
{
    private static readonly DuckDbType StoredVariant = DuckDbType.Parse("VARIANT");

    /// <summary>The DuckDB type that a Delta column has in queries. A variant is its JSON text.</summary>
    /// <exception cref="UnsupportedTypeException">DuckDB has no such type.</exception>
    public static DuckDbType ToDuckDb(DeltaType type) => ToDuckDb(type, DuckDbType.Varchar);

    /// <summary>The DuckDB type that reads a Delta column from its files.</summary>
    /// <exception cref="UnsupportedTypeException">DuckDB has no such type.</exception>
    internal static DuckDbType ToStored(DeltaType type) => ToDuckDb(type, StoredVariant);

    private static DuckDbType ToDuckDb(DeltaType type, DuckDbType variant) => type switch
    {
        PrimitiveType primitive => primitive == PrimitiveType.Variant ? variant : ToDuckDb(primitive),
        DecimalType number => DuckDbType.Decimal(number.Precision, number.Scale),
        ArrayType array => DuckDbType.List(ToDuckDb(array.ElementType, variant)),
        MapType map => DuckDbType.Map(ToDuckDb(map.KeyType, variant), ToDuckDb(map.ValueType, variant)),
        StructType fields => DuckDbType.Struct([.. fields.Fields.Select(field => new DuckDbField(field.Name, ToDuckDb(field.Type, variant)))]),
        _ => throw new UnsupportedTypeException($"DuckDB cannot read Delta type {type}."),
    };

    /// <summary>The Delta type in which a value of a DuckDB type is stored. Where Delta has none, the value is cast on its way in:
    /// unsigned integers to the next wider signed type, HUGEINT to decimal(38,0), TIME, INTERVAL, UUID, ENUM, BIT and JSON to text,
    /// TIMESTAMP_S/MS/NS to microseconds, arrays of fixed length to lists, a bare NULL to text.</summary>
    /// <exception cref="UnsupportedTypeException">The type has no place in a Delta table.</exception>
    public static DeltaType FromDuckDb(DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.Boolean => PrimitiveType.Boolean,
        DuckDbTypeId.TinyInt => PrimitiveType.Byte,
        DuckDbTypeId.SmallInt or DuckDbTypeId.UTinyInt => PrimitiveType.Short,
        DuckDbTypeId.Integer or DuckDbTypeId.USmallInt => PrimitiveType.Integer,
        DuckDbTypeId.BigInt or DuckDbTypeId.UInteger => PrimitiveType.Long,
        DuckDbTypeId.UBigInt => new DecimalType(20, 0),
        DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt => new DecimalType(38, 0),
        DuckDbTypeId.Float => PrimitiveType.Float,
        DuckDbTypeId.Double => PrimitiveType.Double,
        DuckDbTypeId.Decimal => new DecimalType(type.Width, type.Scale),
        DuckDbTypeId.Varchar or DuckDbTypeId.Uuid or DuckDbTypeId.Enum or DuckDbTypeId.Time or DuckDbTypeId.TimeTz
            or DuckDbTypeId.TimeNanoseconds or DuckDbTypeId.Interval or DuckDbTypeId.Bit or DuckDbTypeId.Null => PrimitiveType.String,
        DuckDbTypeId.Blob => PrimitiveType.Binary,
        DuckDbTypeId.Date => PrimitiveType.Date,
        DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds
            or DuckDbTypeId.TimestampNanoseconds => PrimitiveType.TimestampNtz,
        DuckDbTypeId.TimestampTz => PrimitiveType.Timestamp,
        DuckDbTypeId.List or DuckDbTypeId.Array => new ArrayType(FromDuckDb(type.Element!)),
        DuckDbTypeId.Map => new MapType(FromDuckDb(type.Fields[0].Type), FromDuckDb(type.Fields[1].Type)),
        DuckDbTypeId.Struct when !type.IsUnnamedStruct =>
            new StructType([.. type.Fields.Select(field => new StructField(field.Name, FromDuckDb(field.Type)))]),
        _ => throw new UnsupportedTypeException($"A Delta table cannot hold DuckDB type {type}: cast the column, say to VARCHAR."),
    };

    /// <summary>The schema in which a query's columns are stored.</summary>
    /// <exception cref="UnsupportedTypeException">A column's type has no place in a Delta table; the message names the column.</exception>
    /// <exception cref="SchemaNotAcceptedException">Two columns have one name, or there is none.</exception>
    public static StructType SchemaOf(IReadOnlyList<DuckDbColumn> columns, string? table = null)
    {
        if (columns.Count == 0) throw new SchemaNotAcceptedException($"Table {table}: a table needs at least one column.", table);
        var fields = new List<StructField>(columns.Count);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in columns)
        {
            if (!names.Add(column.Name))
                throw new SchemaNotAcceptedException($"Table {table}: the query gives two columns named '{column.Name}' (case does not count). Give one an alias.", table);
            try
            {
                fields.Add(new StructField(column.Name, FromDuckDb(column.Type)));
            }
            catch (UnsupportedTypeException exception)
            {
                throw new UnsupportedTypeException($"Table {table}, column '{column.Name}': {exception.Message}", table);
            }
        }
        return new StructType(fields);
    }

    /// <summary>True when the types hold the same values; whether nested parts may be null does not count.</summary>
    public static bool SameShape(DeltaType a, DeltaType b) => (a, b) switch
    {
        (ArrayType x, ArrayType y) => SameShape(x.ElementType, y.ElementType),
        (MapType x, MapType y) => SameShape(x.KeyType, y.KeyType) && SameShape(x.ValueType, y.ValueType),
        (StructType x, StructType y) => x.Fields.Count == y.Fields.Count && x.Fields.Zip(y.Fields).All(pair =>
            pair.First.Name.Equals(pair.Second.Name, StringComparison.OrdinalIgnoreCase) && SameShape(pair.First.Type, pair.Second.Type)),
        _ => a == b,
    };

    private static DuckDbType ToDuckDb(PrimitiveType type)
    {
        if (type == PrimitiveType.String) return DuckDbType.Varchar;
        if (type == PrimitiveType.Long) return DuckDbType.BigInt;
        if (type == PrimitiveType.Integer) return DuckDbType.Integer;
        if (type == PrimitiveType.Short) return DuckDbType.SmallInt;
        if (type == PrimitiveType.Byte) return DuckDbType.TinyInt;
        if (type == PrimitiveType.Float) return DuckDbType.Float;
        if (type == PrimitiveType.Double) return DuckDbType.Double;
        if (type == PrimitiveType.Boolean) return DuckDbType.Boolean;
        if (type == PrimitiveType.Binary) return DuckDbType.Blob;
        if (type == PrimitiveType.Date) return DuckDbType.Date;
        if (type == PrimitiveType.Timestamp) return DuckDbType.TimestampTz;
        if (type == PrimitiveType.TimestampNtz) return DuckDbType.Timestamp;
        if (type == PrimitiveType.Void) return DuckDbType.Varchar;
        throw new UnsupportedTypeException($"DuckDB cannot read Delta type {type}.");
    }
}
