using System.Collections;
using System.Numerics;

namespace Lakehouse.DuckDb;

/// <summary>The DuckDB type that a .NET value is sent as when none is given.</summary>
internal static class TypeInference
{
    private static readonly BigInteger s_hugeMin = (BigInteger)Int128.MinValue;
    private static readonly BigInteger s_hugeMax = (BigInteger)Int128.MaxValue;

    /// <exception cref="InvalidCastException">The value has no DuckDB type; one must be given.</exception>
    internal static DuckDbType Of(object value) => OfClr(value.GetType()) ?? value switch
    {
        decimal v => Decimal(DuckDbDecimal.FromDecimal(v)),
        DuckDbDecimal v => Decimal(v),
        BigInteger v => v >= s_hugeMin && v <= s_hugeMax ? DuckDbType.HugeInt : DuckDbType.BigNum,
        DateTime v => v.Kind == DateTimeKind.Utc ? DuckDbType.TimestampTz : DuckDbType.Timestamp,
        DuckDbTimestamp v => v.Unit switch
        {
            DuckDbTimestampUnit.Seconds => DuckDbType.TimestampSeconds,
            DuckDbTimestampUnit.Milliseconds => DuckDbType.TimestampMilliseconds,
            DuckDbTimestampUnit.Nanoseconds => DuckDbType.TimestampNanoseconds,
            _ => DuckDbType.Timestamp,
        },
        Enum v => Of(Convert.ChangeType(v, v.GetTypeCode(), System.Globalization.CultureInfo.InvariantCulture)),
        IEnumerable<KeyValuePair<string, object?>> named => DuckDbType.Struct([.. named.Select(p => new DuckDbField(p.Key, OfPart(p.Value)))]),
        IDictionary map => DuckDbType.Map(Common(map.Keys, value), Common(map.Values, value)),
        IEnumerable list => DuckDbType.List(Common(list, value)),
        _ => throw new InvalidCastException($"A value of {value.GetType().Name} has no DuckDB type of its own; set {nameof(DuckDbParameter)}.{nameof(DuckDbParameter.DuckDbType)}."),
    };

    /// <summary>The type that all values of a .NET type have, or null when it depends on the value.</summary>
    private static DuckDbType? OfClr(Type type) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => null,
        TypeCode.Boolean => DuckDbType.Boolean,
        TypeCode.SByte => DuckDbType.TinyInt,
        TypeCode.Int16 => DuckDbType.SmallInt,
        TypeCode.Int32 => DuckDbType.Integer,
        TypeCode.Int64 => DuckDbType.BigInt,
        TypeCode.Byte => DuckDbType.UTinyInt,
        TypeCode.UInt16 => DuckDbType.USmallInt,
        TypeCode.UInt32 => DuckDbType.UInteger,
        TypeCode.UInt64 => DuckDbType.UBigInt,
        TypeCode.Single => DuckDbType.Float,
        TypeCode.Double => DuckDbType.Double,
        TypeCode.String or TypeCode.Char => DuckDbType.Varchar,
        _ when type == typeof(Int128) => DuckDbType.HugeInt,
        _ when type == typeof(UInt128) => DuckDbType.UHugeInt,
        _ when type == typeof(Half) => DuckDbType.Float,
        _ when type == typeof(byte[]) || type == typeof(Memory<byte>) || type == typeof(ReadOnlyMemory<byte>) || type == typeof(ArraySegment<byte>) => DuckDbType.Blob,
        _ when type == typeof(char[]) => DuckDbType.Varchar,
        _ when type == typeof(Guid) => DuckDbType.Uuid,
        _ when type == typeof(DateOnly) || type == typeof(DuckDbDate) => DuckDbType.Date,
        _ when type == typeof(TimeOnly) => DuckDbType.Time,
        _ when type == typeof(DuckDbTimeTz) => DuckDbType.TimeTz,
        _ when type == typeof(DateTimeOffset) => DuckDbType.TimestampTz,
        _ when type == typeof(TimeSpan) || type == typeof(DuckDbInterval) => DuckDbType.Interval,
        _ when type == typeof(BitArray) => DuckDbType.Bit,
        _ => null,
    };

    private static DuckDbType OfPart(object? value) => value is null or DBNull ? DuckDbType.Null : Of(value);

    private static DuckDbType Decimal(DuckDbDecimal value) => DuckDbType.Decimal(value.Width, value.Scale);

    /// <summary>One type for all elements of a collection; nulls have any.</summary>
    private static DuckDbType Common(IEnumerable values, object collection)
    {
        DuckDbType? common = null;
        foreach (var value in values)
        {
            if (value is null or DBNull) continue;
            var type = Of(value);
            common = common is null || common.Equals(type) ? type : Wider(common, type) ?? throw new InvalidCastException(
                $"The elements of a {collection.GetType().Name} are both {common} and {type}; set {nameof(DuckDbParameter)}.{nameof(DuckDbParameter.DuckDbType)}.");
        }

        return common ?? (ElementType(collection) is { } element ? OfClr(element) : null) ?? DuckDbType.Null;
    }

    private static DuckDbType? Wider(DuckDbType left, DuckDbType right)
    {
        if (left.Id == DuckDbTypeId.Null) return right;
        if (right.Id == DuckDbTypeId.Null) return left;
        if (left.Id == DuckDbTypeId.Decimal && right.Id == DuckDbTypeId.Decimal)
        {
            var scale = Math.Max(left.Scale, right.Scale);
            return DuckDbType.Decimal(Math.Min(38, Math.Max(left.Width - left.Scale, right.Width - right.Scale) + scale), scale);
        }

        return left.Id == DuckDbTypeId.List && right.Id == DuckDbTypeId.List && (left.Element!.Equals(right.Element) ? left.Element : Wider(left.Element, right.Element!)) is { } element
            ? DuckDbType.List(element)
            : null;
    }

    private static Type? ElementType(object collection)
    {
        var type = collection.GetType();
        var element = type.IsArray ? type.GetElementType() : type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
        return element is null ? null : Nullable.GetUnderlyingType(element) ?? element;
    }
}
