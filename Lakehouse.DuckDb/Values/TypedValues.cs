using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Lakehouse.DuckDb;

/// <summary>Reads one value as the .NET type that the caller asks for; without boxing where the type is DuckDB's own.</summary>
internal static class TypedValues
{
    /// <exception cref="InvalidCastException">The value is null or no <typeparamref name="T"/>.</exception>
    /// <exception cref="OverflowException">The value is outside <typeparamref name="T"/>.</exception>
    internal static T Get<T>(DuckDbVector vector, int row)
    {
        if ((uint)row >= (uint)vector.Count) throw new ArgumentOutOfRangeException(nameof(row), row, $"The chunk has {vector.Count} rows.");
        if (vector.IsNull(row))
        {
            if (default(T) is null && (typeof(T) == typeof(object) || Nullable.GetUnderlyingType(typeof(T)) is not null)) return (T)(object?)null!;
            throw new InvalidCastException($"The value is NULL, which is no {typeof(T).Name}; ask IsDBNull (or IsNull) first.");
        }

        var id = vector.Type.Id;
        if (typeof(T) == typeof(int) && id == DuckDbTypeId.Integer) return As<int, T>(vector.Raw<int>(row));
        if (typeof(T) == typeof(long) && id == DuckDbTypeId.BigInt) return As<long, T>(vector.Raw<long>(row));
        if (typeof(T) == typeof(long) && id == DuckDbTypeId.Integer) return As<long, T>(vector.Raw<int>(row));
        if (typeof(T) == typeof(double) && id == DuckDbTypeId.Double) return As<double, T>(vector.Raw<double>(row));
        if (typeof(T) == typeof(float) && id == DuckDbTypeId.Float) return As<float, T>(vector.Raw<float>(row));
        if (typeof(T) == typeof(bool) && id == DuckDbTypeId.Boolean) return As<bool, T>(vector.Raw<byte>(row) != 0);
        if (typeof(T) == typeof(short) && id == DuckDbTypeId.SmallInt) return As<short, T>(vector.Raw<short>(row));
        if (typeof(T) == typeof(decimal) && id == DuckDbTypeId.Decimal) return As<decimal, T>(ValueReader.ReadDecimal(vector, row).ToDecimal());
        if (typeof(T) == typeof(DuckDbDecimal) && id == DuckDbTypeId.Decimal) return As<DuckDbDecimal, T>(ValueReader.ReadDecimal(vector, row));
        if (typeof(T) == typeof(Guid) && id == DuckDbTypeId.Uuid) return As<Guid, T>(PackedValues.ReadUuid(vector.Raw<UInt128>(row)));
        if (typeof(T) == typeof(DateOnly) && id == DuckDbTypeId.Date) return As<DateOnly, T>(new DuckDbDate(vector.Raw<int>(row)).ToDateOnly());
        if (typeof(T) == typeof(DateTime) && id == DuckDbTypeId.Timestamp) return As<DateTime, T>(ValueReader.ReadTimestamp(vector, row).ToDateTime());
        if (typeof(T) == typeof(DateTime) && id == DuckDbTypeId.TimestampTz) return As<DateTime, T>(ValueReader.ReadTimestamp(vector, row).ToDateTime(DateTimeKind.Utc));
        var lossless = ValueReader.Read(vector, row, provider: true)!;
        if (typeof(T) != typeof(object) && lossless is T same) return same;
        var target = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        return (T)Convert(lossless, ValueReader.Read, vector, row, target);
    }

    private static TTo As<TFrom, TTo>(TFrom value) => Unsafe.As<TFrom, TTo>(ref value);

    private delegate object? Natural(DuckDbVector vector, int row, bool provider);

    private static object Convert(object lossless, Natural natural, DuckDbVector vector, int row, Type target)
    {
        if (target == typeof(object)) return natural(vector, row, provider: false)!;
        if (To(lossless, vector.Type, target) is { } value) return value;
        throw new InvalidCastException($"A value of {vector.Type} is no {target.Name}.");
    }

    /// <summary>A lossless value as another type; null when there is no such conversion.</summary>
    private static object? To(object value, DuckDbType type, Type target)
    {
        if (target.IsInstanceOfType(value)) return value;
        if (target.IsEnum) return value is string name ? Enum.Parse(target, name, ignoreCase: true) : Enum.ToObject(target, value);
        return value switch
        {
            sbyte or short or int or long or byte or ushort or uint or ulong or Int128 or UInt128 or BigInteger => Number(value, target),
            DuckDbDecimal v => Decimal(v, target),
            float v => target == typeof(double) ? (double)v : target == typeof(decimal) ? (decimal)v : null,
            double v => target == typeof(float) ? (float)v : target == typeof(decimal) ? (decimal)v : null,
            string v => Text(v, target),
            byte[] v => Bytes(v, target),
            DuckDbDate v => Date(v, target),
            TimeSpan v => target == typeof(TimeOnly) ? TimeOnly.FromTimeSpan(v) : null,
            DuckDbTimeTz v => target == typeof(TimeOnly) ? v.Time : null,
            DuckDbTimestamp v => Time(v, type, target),
            DuckDbInterval v => target == typeof(TimeSpan) ? v.ToTimeSpan() : null,
            Guid v => target == typeof(string) ? v.ToString() : null,
            BitArray v => Bits(v, target),
            object?[] v => Sequence(v, type, target),
            _ => null,
        };
    }

    private static object? Number(object value, Type target)
    {
        var whole = Scalars.BigNum(value);
        return System.Type.GetTypeCode(target) switch
        {
            TypeCode.SByte => (sbyte)whole,
            TypeCode.Int16 => (short)whole,
            TypeCode.Int32 => (int)whole,
            TypeCode.Int64 => (long)whole,
            TypeCode.Byte => (byte)whole,
            TypeCode.UInt16 => (ushort)whole,
            TypeCode.UInt32 => (uint)whole,
            TypeCode.UInt64 => (ulong)whole,
            TypeCode.Single => (float)whole,
            TypeCode.Double => (double)whole,
            TypeCode.Decimal => (decimal)whole,
            _ when target == typeof(BigInteger) => whole,
            _ when target == typeof(Int128) => (Int128)whole,
            _ when target == typeof(UInt128) => (UInt128)whole,
            _ when target == typeof(TimeOnly) => new TimeOnly((long)whole / 100),
            _ => null,
        };
    }

    private static object? Decimal(DuckDbDecimal value, Type target)
    {
        if (target == typeof(decimal)) return value.ToDecimal();
        if (target == typeof(double)) return double.Parse(value.ToString(), CultureInfo.InvariantCulture);
        if (target == typeof(float)) return float.Parse(value.ToString(), CultureInfo.InvariantCulture);
        return target == typeof(string) ? null : Number(value.WithScale(0).Unscaled, target);
    }

    private static object? Text(string value, Type target) =>
        target == typeof(char) && value.Length == 1 ? value[0] : target == typeof(char[]) ? value.ToCharArray() : null;

    private static object? Bytes(byte[] value, Type target) =>
        target == typeof(Stream) ? new MemoryStream(value, writable: false)
        : target == typeof(ReadOnlyMemory<byte>) ? new ReadOnlyMemory<byte>(value)
        : target == typeof(Memory<byte>) ? new Memory<byte>(value) : null;

    private static object? Date(DuckDbDate value, Type target) =>
        target == typeof(DateOnly) ? value.ToDateOnly()
        : target == typeof(DateTime) ? value.ToDateOnly().ToDateTime(default)
        : target == typeof(DateTimeOffset) ? new DateTimeOffset(value.ToDateOnly().ToDateTime(default), TimeSpan.Zero) : null;

    private static object? Time(DuckDbTimestamp value, DuckDbType type, Type target) =>
        target == typeof(DateTime) ? value.ToDateTime(type.Id == DuckDbTypeId.TimestampTz ? DateTimeKind.Utc : DateTimeKind.Unspecified)
        : target == typeof(DateTimeOffset) ? new DateTimeOffset(value.ToDateTime(), TimeSpan.Zero)
        : target == typeof(DateOnly) ? DateOnly.FromDateTime(value.ToDateTime()) : null;

    private static object? Bits(BitArray value, Type target)
    {
        if (target == typeof(string)) return string.Create(value.Length, value, static (text, bits) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = bits[i] ? '1' : '0';
        });
        return target == typeof(bool[]) ? value.Cast<bool>().ToArray() : null;
    }

    /// <summary>An array or list of the asked element type.</summary>
    private static object? Sequence(object?[] values, DuckDbType type, Type target)
    {
        var element = target.IsArray ? target.GetElementType() : target.IsGenericType && target.GetGenericArguments() is [var only] ? only : null;
        if (element is null || type.Element is null) return null;
        var typed = Array.CreateInstance(element, values.Length);
        var plain = Nullable.GetUnderlyingType(element) ?? element;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is { } value)
                typed.SetValue(To(value, type.Element, plain) ?? throw new InvalidCastException($"An element of {type.Element} is no {plain.Name}."), i);
            else if (plain.IsValueType && plain == element)
                throw new InvalidCastException($"An element of the list is NULL, which is no {element.Name}; ask for {element.Name}?.");
        }

        if (target.IsInstanceOfType(typed)) return typed;
        var list = typeof(List<>).MakeGenericType(element);
        return target.IsAssignableFrom(list) ? Activator.CreateInstance(list, typed) : null;
    }
}
