using System.Data;

namespace Lakehouse.DuckDb;

/// <summary>Between ADO.NET's <see cref="DbType"/> and DuckDB's types.</summary>
internal static class DbTypes
{
    internal static DbType FromDuckDb(DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.Boolean => DbType.Boolean,
        DuckDbTypeId.TinyInt => DbType.SByte,
        DuckDbTypeId.SmallInt => DbType.Int16,
        DuckDbTypeId.Integer => DbType.Int32,
        DuckDbTypeId.BigInt => DbType.Int64,
        DuckDbTypeId.UTinyInt => DbType.Byte,
        DuckDbTypeId.USmallInt => DbType.UInt16,
        DuckDbTypeId.UInteger => DbType.UInt32,
        DuckDbTypeId.UBigInt => DbType.UInt64,
        DuckDbTypeId.Float => DbType.Single,
        DuckDbTypeId.Double => DbType.Double,
        DuckDbTypeId.Decimal => DbType.Decimal,
        DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt or DuckDbTypeId.BigNum => DbType.VarNumeric,
        DuckDbTypeId.Varchar or DuckDbTypeId.Enum => DbType.String,
        DuckDbTypeId.Blob => DbType.Binary,
        DuckDbTypeId.Uuid => DbType.Guid,
        DuckDbTypeId.Date => DbType.Date,
        DuckDbTypeId.Time or DuckDbTypeId.TimeNanoseconds => DbType.Time,
        DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.TimestampNanoseconds => DbType.DateTime2,
        DuckDbTypeId.TimestampTz => DbType.DateTimeOffset,
        _ => DbType.Object,
    };

    internal static DuckDbType ToDuckDb(DbType type, object value) => type switch
    {
        DbType.Boolean => DuckDbType.Boolean,
        DbType.SByte => DuckDbType.TinyInt,
        DbType.Int16 => DuckDbType.SmallInt,
        DbType.Int32 => DuckDbType.Integer,
        DbType.Int64 => DuckDbType.BigInt,
        DbType.Byte => DuckDbType.UTinyInt,
        DbType.UInt16 => DuckDbType.USmallInt,
        DbType.UInt32 => DuckDbType.UInteger,
        DbType.UInt64 => DuckDbType.UBigInt,
        DbType.Single => DuckDbType.Float,
        DbType.Double => DuckDbType.Double,
        DbType.String or DbType.AnsiString or DbType.StringFixedLength or DbType.AnsiStringFixedLength or DbType.Xml => DuckDbType.Varchar,
        DbType.Binary => DuckDbType.Blob,
        DbType.Guid => DuckDbType.Uuid,
        DbType.Date => DuckDbType.Date,
        DbType.Time => DuckDbType.Time,
        DbType.DateTime or DbType.DateTime2 => DuckDbType.Timestamp,
        DbType.DateTimeOffset => DuckDbType.TimestampTz,
        // A decimal's width and scale are the value's.
        _ => TypeInference.Of(value),
    };
}
