namespace Lakehouse.DuckDb;

/// <summary>The kinds of DuckDB types, numbered as in duckdb.h (`duckdb_type`).</summary>
public enum DuckDbTypeId
{
    /// <summary>No type.</summary>
    Invalid = 0,
    /// <summary>BOOLEAN.</summary>
    Boolean = 1,
    /// <summary>TINYINT, 8 bits.</summary>
    TinyInt = 2,
    /// <summary>SMALLINT, 16 bits.</summary>
    SmallInt = 3,
    /// <summary>INTEGER, 32 bits.</summary>
    Integer = 4,
    /// <summary>BIGINT, 64 bits.</summary>
    BigInt = 5,
    /// <summary>UTINYINT.</summary>
    UTinyInt = 6,
    /// <summary>USMALLINT.</summary>
    USmallInt = 7,
    /// <summary>UINTEGER.</summary>
    UInteger = 8,
    /// <summary>UBIGINT.</summary>
    UBigInt = 9,
    /// <summary>FLOAT, 32 bits.</summary>
    Float = 10,
    /// <summary>DOUBLE.</summary>
    Double = 11,
    /// <summary>TIMESTAMP: microseconds since 1970 without a zone.</summary>
    Timestamp = 12,
    /// <summary>DATE: days since 1970.</summary>
    Date = 13,
    /// <summary>TIME: microseconds since midnight.</summary>
    Time = 14,
    /// <summary>INTERVAL: months, days, microseconds.</summary>
    Interval = 15,
    /// <summary>HUGEINT, 128 bits.</summary>
    HugeInt = 16,
    /// <summary>VARCHAR: UTF-8 text.</summary>
    Varchar = 17,
    /// <summary>BLOB: bytes.</summary>
    Blob = 18,
    /// <summary>DECIMAL(width, scale).</summary>
    Decimal = 19,
    /// <summary>TIMESTAMP_S: seconds.</summary>
    TimestampSeconds = 20,
    /// <summary>TIMESTAMP_MS: milliseconds.</summary>
    TimestampMilliseconds = 21,
    /// <summary>TIMESTAMP_NS: nanoseconds.</summary>
    TimestampNanoseconds = 22,
    /// <summary>ENUM: an index into a dictionary of texts.</summary>
    Enum = 23,
    /// <summary>LIST: any number of values of one type.</summary>
    List = 24,
    /// <summary>STRUCT: named fields.</summary>
    Struct = 25,
    /// <summary>MAP: keys and values.</summary>
    Map = 26,
    /// <summary>UUID.</summary>
    Uuid = 27,
    /// <summary>UNION: one of several tagged members.</summary>
    Union = 28,
    /// <summary>BIT: a string of bits.</summary>
    Bit = 29,
    /// <summary>TIME WITH TIME ZONE.</summary>
    TimeTz = 30,
    /// <summary>TIMESTAMP WITH TIME ZONE: microseconds since 1970 UTC.</summary>
    TimestampTz = 31,
    /// <summary>UHUGEINT, 128 bits.</summary>
    UHugeInt = 32,
    /// <summary>ARRAY: a fixed number of values of one type.</summary>
    Array = 33,
    /// <summary>Any type; only in function signatures.</summary>
    Any = 34,
    /// <summary>BIGNUM: an integer of any size.</summary>
    BigNum = 35,
    /// <summary>The type of a bare NULL.</summary>
    Null = 36,
    /// <summary>TIME_NS: nanoseconds since midnight.</summary>
    TimeNanoseconds = 39,
    /// <summary>GEOMETRY, as its stored bytes.</summary>
    Geometry = 40,
    /// <summary>VARIANT; cast it before it is read.</summary>
    Variant = 41,
}
