using System.Globalization;
using System.Text;

namespace Lakehouse.DuckDb;

/// <summary>A DuckDB type, complete with its parts. Immutable; two types are equal when their SQL names are.</summary>
public sealed class DuckDbType : IEquatable<DuckDbType>
{
    private string? _sql;
    private Dictionary<string, uint>? _enumCodes;

    private DuckDbType(DuckDbTypeId id) => Id = id;

    /// <summary>BOOLEAN.</summary>
    public static DuckDbType Boolean { get; } = new(DuckDbTypeId.Boolean);
    /// <summary>TINYINT.</summary>
    public static DuckDbType TinyInt { get; } = new(DuckDbTypeId.TinyInt);
    /// <summary>SMALLINT.</summary>
    public static DuckDbType SmallInt { get; } = new(DuckDbTypeId.SmallInt);
    /// <summary>INTEGER.</summary>
    public static DuckDbType Integer { get; } = new(DuckDbTypeId.Integer);
    /// <summary>BIGINT.</summary>
    public static DuckDbType BigInt { get; } = new(DuckDbTypeId.BigInt);
    /// <summary>UTINYINT.</summary>
    public static DuckDbType UTinyInt { get; } = new(DuckDbTypeId.UTinyInt);
    /// <summary>USMALLINT.</summary>
    public static DuckDbType USmallInt { get; } = new(DuckDbTypeId.USmallInt);
    /// <summary>UINTEGER.</summary>
    public static DuckDbType UInteger { get; } = new(DuckDbTypeId.UInteger);
    /// <summary>UBIGINT.</summary>
    public static DuckDbType UBigInt { get; } = new(DuckDbTypeId.UBigInt);
    /// <summary>HUGEINT.</summary>
    public static DuckDbType HugeInt { get; } = new(DuckDbTypeId.HugeInt);
    /// <summary>UHUGEINT.</summary>
    public static DuckDbType UHugeInt { get; } = new(DuckDbTypeId.UHugeInt);
    /// <summary>BIGNUM.</summary>
    public static DuckDbType BigNum { get; } = new(DuckDbTypeId.BigNum);
    /// <summary>FLOAT.</summary>
    public static DuckDbType Float { get; } = new(DuckDbTypeId.Float);
    /// <summary>DOUBLE.</summary>
    public static DuckDbType Double { get; } = new(DuckDbTypeId.Double);
    /// <summary>VARCHAR.</summary>
    public static DuckDbType Varchar { get; } = new(DuckDbTypeId.Varchar);
    /// <summary>BLOB.</summary>
    public static DuckDbType Blob { get; } = new(DuckDbTypeId.Blob);
    /// <summary>BIT.</summary>
    public static DuckDbType Bit { get; } = new(DuckDbTypeId.Bit);
    /// <summary>UUID.</summary>
    public static DuckDbType Uuid { get; } = new(DuckDbTypeId.Uuid);
    /// <summary>DATE.</summary>
    public static DuckDbType Date { get; } = new(DuckDbTypeId.Date);
    /// <summary>TIME.</summary>
    public static DuckDbType Time { get; } = new(DuckDbTypeId.Time);
    /// <summary>TIME_NS.</summary>
    public static DuckDbType TimeNanoseconds { get; } = new(DuckDbTypeId.TimeNanoseconds);
    /// <summary>TIME WITH TIME ZONE.</summary>
    public static DuckDbType TimeTz { get; } = new(DuckDbTypeId.TimeTz);
    /// <summary>TIMESTAMP.</summary>
    public static DuckDbType Timestamp { get; } = new(DuckDbTypeId.Timestamp);
    /// <summary>TIMESTAMP_S.</summary>
    public static DuckDbType TimestampSeconds { get; } = new(DuckDbTypeId.TimestampSeconds);
    /// <summary>TIMESTAMP_MS.</summary>
    public static DuckDbType TimestampMilliseconds { get; } = new(DuckDbTypeId.TimestampMilliseconds);
    /// <summary>TIMESTAMP_NS.</summary>
    public static DuckDbType TimestampNanoseconds { get; } = new(DuckDbTypeId.TimestampNanoseconds);
    /// <summary>TIMESTAMP WITH TIME ZONE.</summary>
    public static DuckDbType TimestampTz { get; } = new(DuckDbTypeId.TimestampTz);
    /// <summary>INTERVAL.</summary>
    public static DuckDbType Interval { get; } = new(DuckDbTypeId.Interval);
    /// <summary>The type of a bare NULL.</summary>
    public static DuckDbType Null { get; } = new(DuckDbTypeId.Null);
    /// <summary>Any type; only as a parameter of a function.</summary>
    public static DuckDbType Any { get; } = new(DuckDbTypeId.Any);

    /// <summary>The kind of type.</summary>
    public DuckDbTypeId Id { get; }

    /// <summary>A decimal's number of digits, 1 to 38; else 0.</summary>
    public byte Width { get; private init; }

    /// <summary>A decimal's digits after the point; else 0.</summary>
    public byte Scale { get; private init; }

    /// <summary>The type of a list's or array's elements; of a map, the struct of key and value; else null.</summary>
    public DuckDbType? Element { get; private init; }

    /// <summary>An array's fixed length; else 0.</summary>
    public int Length { get; private init; }

    /// <summary>A struct's fields, a union's members, a map's key and value; else empty.</summary>
    public IReadOnlyList<DuckDbField> Fields { get; private init; } = [];

    /// <summary>An enum's texts in the order of their codes; else empty.</summary>
    public IReadOnlyList<string> EnumValues { get; private init; } = [];

    /// <summary>Whether fields have no names (`row(1, 2)`).</summary>
    public bool IsUnnamedStruct => Id == DuckDbTypeId.Struct && Fields.Count > 0 && Fields[0].Name.Length == 0;

    /// <summary>DECIMAL(width, scale).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Width outside 1 to 38, or scale outside 0 to width.</exception>
    public static DuckDbType Decimal(int width, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 38);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, width);
        return new(DuckDbTypeId.Decimal) { Width = (byte)width, Scale = (byte)scale };
    }

    /// <summary>A list of <paramref name="element"/>.</summary>
    public static DuckDbType List(DuckDbType element) => new(DuckDbTypeId.List) { Element = element };

    /// <summary>An array of exactly <paramref name="length"/> elements.</summary>
    public static DuckDbType Array(DuckDbType element, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return new(DuckDbTypeId.Array) { Element = element, Length = length };
    }

    /// <summary>A struct.</summary>
    public static DuckDbType Struct(params IReadOnlyList<DuckDbField> fields) => new(DuckDbTypeId.Struct) { Fields = NotEmpty(fields) };

    /// <summary>A struct.</summary>
    public static DuckDbType Struct(params IEnumerable<(string Name, DuckDbType Type)> fields) =>
        Struct([.. fields.Select(f => new DuckDbField(f.Name, f.Type))]);

    /// <summary>A union of tagged members.</summary>
    public static DuckDbType Union(params IReadOnlyList<DuckDbField> members) => new(DuckDbTypeId.Union) { Fields = NotEmpty(members) };

    /// <summary>A map.</summary>
    public static DuckDbType Map(DuckDbType key, DuckDbType value)
    {
        DuckDbField[] entry = [new("key", key), new("value", value)];
        return new(DuckDbTypeId.Map) { Fields = entry, Element = Struct(entry) };
    }

    /// <summary>An enum of these texts.</summary>
    public static DuckDbType Enum(params IReadOnlyList<string> values) => new(DuckDbTypeId.Enum) { EnumValues = NotEmpty(values) };

    /// <summary>The type that SQL names, such as <c>DECIMAL(10,2)[]</c> or <c>STRUCT(a INTEGER, b VARCHAR)</c>.</summary>
    /// <exception cref="FormatException">Not a type of DuckDB; user-defined names are not known here.</exception>
    public static DuckDbType Parse(string sql) => DuckDbTypeParser.Parse(sql);

    /// <summary>A simple type (one that has no parts).</summary>
    internal static DuckDbType Simple(DuckDbTypeId id) => id switch
    {
        DuckDbTypeId.Boolean => Boolean,
        DuckDbTypeId.TinyInt => TinyInt,
        DuckDbTypeId.SmallInt => SmallInt,
        DuckDbTypeId.Integer => Integer,
        DuckDbTypeId.BigInt => BigInt,
        DuckDbTypeId.UTinyInt => UTinyInt,
        DuckDbTypeId.USmallInt => USmallInt,
        DuckDbTypeId.UInteger => UInteger,
        DuckDbTypeId.UBigInt => UBigInt,
        DuckDbTypeId.HugeInt => HugeInt,
        DuckDbTypeId.UHugeInt => UHugeInt,
        DuckDbTypeId.Float => Float,
        DuckDbTypeId.Double => Double,
        DuckDbTypeId.Varchar => Varchar,
        DuckDbTypeId.Blob => Blob,
        DuckDbTypeId.Date => Date,
        DuckDbTypeId.Time => Time,
        DuckDbTypeId.Timestamp => Timestamp,
        DuckDbTypeId.TimestampTz => TimestampTz,
        _ => new DuckDbType(id),
    };

    /// <summary>Bytes a value takes in a vector; 0 for structs, unions and arrays, which hold theirs in child vectors.</summary>
    internal int PhysicalSize => Id switch
    {
        DuckDbTypeId.Boolean or DuckDbTypeId.TinyInt or DuckDbTypeId.UTinyInt => 1,
        DuckDbTypeId.SmallInt or DuckDbTypeId.USmallInt => 2,
        DuckDbTypeId.Integer or DuckDbTypeId.UInteger or DuckDbTypeId.Float or DuckDbTypeId.Date or DuckDbTypeId.Null => 4,
        DuckDbTypeId.Struct or DuckDbTypeId.Union or DuckDbTypeId.Array or DuckDbTypeId.Variant => 0,
        DuckDbTypeId.Decimal => Width <= 4 ? 2 : Width <= 9 ? 4 : Width <= 18 ? 8 : 16,
        DuckDbTypeId.Enum => EnumValues.Count <= 256 ? 1 : EnumValues.Count <= 65536 ? 2 : 4,
        DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt or DuckDbTypeId.Uuid or DuckDbTypeId.Interval or DuckDbTypeId.List or DuckDbTypeId.Map => 16,
        DuckDbTypeId.Varchar or DuckDbTypeId.Blob or DuckDbTypeId.Bit or DuckDbTypeId.BigNum or DuckDbTypeId.Geometry => 16,
        _ => 8,
    };

    /// <summary>An enum's codes by text.</summary>
    internal Dictionary<string, uint> EnumCodes =>
        _enumCodes ??= EnumValues.Select((text, code) => (text, code)).ToDictionary(p => p.text, p => (uint)p.code, StringComparer.Ordinal);

    /// <summary>Whether values are strings of bytes (VARCHAR, BLOB, BIT, BIGNUM, GEOMETRY).</summary>
    internal bool HoldsBytes => Id is DuckDbTypeId.Varchar or DuckDbTypeId.Blob or DuckDbTypeId.Bit or DuckDbTypeId.BigNum or DuckDbTypeId.Geometry;

    /// <summary>The type as SQL writes it.</summary>
    public override string ToString() => _sql ??= Id switch
    {
        DuckDbTypeId.TimestampSeconds => "TIMESTAMP_S",
        DuckDbTypeId.TimestampMilliseconds => "TIMESTAMP_MS",
        DuckDbTypeId.TimestampNanoseconds => "TIMESTAMP_NS",
        DuckDbTypeId.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckDbTypeId.TimeTz => "TIME WITH TIME ZONE",
        DuckDbTypeId.TimeNanoseconds => "TIME_NS",
        DuckDbTypeId.Null => "\"NULL\"",
        DuckDbTypeId.Decimal => string.Create(CultureInfo.InvariantCulture, $"DECIMAL({Width},{Scale})"),
        DuckDbTypeId.List => $"{Element}[]",
        DuckDbTypeId.Array => string.Create(CultureInfo.InvariantCulture, $"{Element}[{Length}]"),
        DuckDbTypeId.Map => $"MAP({Fields[0].Type}, {Fields[1].Type})",
        DuckDbTypeId.Struct => Parts("STRUCT"),
        DuckDbTypeId.Union => Parts("UNION"),
        DuckDbTypeId.Enum => $"ENUM({string.Join(", ", EnumValues.Select(v => $"'{v.Replace("'", "''", StringComparison.Ordinal)}'"))})",
        _ => Id.ToString().ToUpperInvariant(),
    };

    /// <inheritdoc/>
    public bool Equals(DuckDbType? other) => other is not null && Id == other.Id && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DuckDbType);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    private string Parts(string name)
    {
        var text = new StringBuilder(name).Append('(');
        for (var i = 0; i < Fields.Count; i++)
        {
            if (i > 0) text.Append(", ");
            if (Fields[i].Name.Length > 0) text.Append('"').Append(Fields[i].Name.Replace("\"", "\"\"", StringComparison.Ordinal)).Append("\" ");
            text.Append(Fields[i].Type);
        }

        return text.Append(')').ToString();
    }

    private static IReadOnlyList<T> NotEmpty<T>(IReadOnlyList<T> parts) =>
        parts.Count > 0 ? [.. parts] : throw new ArgumentException("The type needs at least one part.", nameof(parts));
}
