using System.Numerics;
using System.Text;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>Makes native values (`duckdb_value`), which parameters are bound from.</summary>
internal static unsafe class NativeValues
{
    /// <summary>A native value of the type, which the caller destroys.</summary>
    internal static nint Create(DuckDbType type, object? value)
    {
        if (value is null or DBNull) return NativeMethods.duckdb_create_null_value();
        return type.Id switch
        {
            DuckDbTypeId.Boolean => NativeMethods.duckdb_create_bool(Scalars.Boolean(value) ? (byte)1 : (byte)0),
            DuckDbTypeId.TinyInt => NativeMethods.duckdb_create_int8(Scalars.Number<sbyte>(value, type)),
            DuckDbTypeId.SmallInt => NativeMethods.duckdb_create_int16(Scalars.Number<short>(value, type)),
            DuckDbTypeId.Integer => NativeMethods.duckdb_create_int32(Scalars.Number<int>(value, type)),
            DuckDbTypeId.BigInt => NativeMethods.duckdb_create_int64(Scalars.Number<long>(value, type)),
            DuckDbTypeId.UTinyInt => NativeMethods.duckdb_create_uint8(Scalars.Number<byte>(value, type)),
            DuckDbTypeId.USmallInt => NativeMethods.duckdb_create_uint16(Scalars.Number<ushort>(value, type)),
            DuckDbTypeId.UInteger => NativeMethods.duckdb_create_uint32(Scalars.Number<uint>(value, type)),
            DuckDbTypeId.UBigInt => NativeMethods.duckdb_create_uint64(Scalars.Number<ulong>(value, type)),
            DuckDbTypeId.HugeInt => NativeMethods.duckdb_create_hugeint(NativeHugeInt.From(Scalars.Number<Int128>(value, type))),
            DuckDbTypeId.UHugeInt => NativeMethods.duckdb_create_uhugeint(NativeHugeInt.From(Scalars.Number<UInt128>(value, type))),
            DuckDbTypeId.Float => NativeMethods.duckdb_create_float(Scalars.Float(value)),
            DuckDbTypeId.Double => NativeMethods.duckdb_create_double(Scalars.Double(value)),
            DuckDbTypeId.Varchar => Text(Scalars.Text(value)),
            DuckDbTypeId.Blob => Blob(Scalars.Bytes(value)),
            DuckDbTypeId.Bit => Bit(Scalars.Bits(value)),
            DuckDbTypeId.BigNum => BigNum(Scalars.BigNum(value)),
            DuckDbTypeId.Uuid => NativeMethods.duckdb_create_uuid(NativeHugeInt.From(PackedValues.PlainUuid(Scalars.Uuid(value)))),
            DuckDbTypeId.Decimal => NativeMethods.duckdb_create_decimal(new() { Width = type.Width, Scale = type.Scale, Value = NativeHugeInt.From(Scalars.Unscaled(value, type)) }),
            DuckDbTypeId.Date => NativeMethods.duckdb_create_date(Scalars.Days(value)),
            DuckDbTypeId.Time => NativeMethods.duckdb_create_time(Scalars.TimeMicroseconds(value)),
            DuckDbTypeId.TimeNanoseconds => NativeMethods.duckdb_create_time_ns(Scalars.TimeNanoseconds(value)),
            DuckDbTypeId.TimeTz => NativeMethods.duckdb_create_time_tz_value(Scalars.TimeTz(value).Bits),
            DuckDbTypeId.Timestamp => NativeMethods.duckdb_create_timestamp(Scalars.Timestamp(value, type)),
            DuckDbTypeId.TimestampTz => NativeMethods.duckdb_create_timestamp_tz(Scalars.Timestamp(value, type)),
            DuckDbTypeId.TimestampSeconds => NativeMethods.duckdb_create_timestamp_s(Scalars.Timestamp(value, type)),
            DuckDbTypeId.TimestampMilliseconds => NativeMethods.duckdb_create_timestamp_ms(Scalars.Timestamp(value, type)),
            DuckDbTypeId.TimestampNanoseconds => NativeMethods.duckdb_create_timestamp_ns(Scalars.Timestamp(value, type)),
            DuckDbTypeId.Interval => NativeMethods.duckdb_create_interval(Scalars.Interval(value)),
            DuckDbTypeId.Enum => Typed(type, native => NativeMethods.duckdb_create_enum_value(native, Scalars.EnumCode(value, type))),
            DuckDbTypeId.List => Many(type.Element!, Nested.Elements(value, type), NativeMethods.duckdb_create_list_value),
            DuckDbTypeId.Array => Many(type.Element!, Nested.ArrayElements(value, type), NativeMethods.duckdb_create_array_value),
            DuckDbTypeId.Struct => Struct(type, Nested.Fields(value, type)),
            DuckDbTypeId.Map => Map(type, Nested.Entries(value, type)),
            DuckDbTypeId.Union => Union(type, value),
            _ => throw new NotSupportedException($"A parameter cannot be of {type}; send VARCHAR and cast in SQL."),
        };
    }

    private delegate nint CreateMany(nint type, nint* values, ulong count);

    private static nint Text(string text)
    {
        if (!IsUtf16(text)) throw new ArgumentException("The text has a lone surrogate, which a VARCHAR cannot hold.");
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* first = bytes)
        {
            byte empty = 0;
            return NativeMethods.duckdb_create_varchar_length(first == null ? &empty : first, (ulong)bytes.Length);
        }
    }

    private static bool IsUtf16(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }

    private static nint Blob(ReadOnlySpan<byte> bytes)
    {
        byte empty = 0;
        fixed (byte* first = bytes)
            return NativeMethods.duckdb_create_blob(first == null ? &empty : first, (ulong)bytes.Length);
    }

    private static nint Bit(byte[] stored)
    {
        fixed (byte* first = stored)
            return NativeMethods.duckdb_create_bit(new() { Data = first, Size = (ulong)stored.Length });
    }

    private static nint BigNum(BigInteger value)
    {
        var magnitude = BigInteger.Abs(value).ToByteArray(isUnsigned: true, isBigEndian: true);
        fixed (byte* first = magnitude)
            return NativeMethods.duckdb_create_bignum(new() { Data = first, Size = (ulong)magnitude.Length, IsNegative = value.Sign < 0 ? (byte)1 : (byte)0 });
    }

    private static nint Typed(DuckDbType type, Func<nint, nint> create)
    {
        var native = NativeTypes.Create(type);
        try
        {
            return Made(create(native), type);
        }
        finally
        {
            NativeMethods.duckdb_destroy_logical_type(ref native);
        }
    }

    private static nint Many(DuckDbType element, IReadOnlyList<object?> elements, CreateMany create)
    {
        using var natives = new Natives(elements.Count, i => Create(element, elements[i]));
        return Typed(element, native =>
        {
            fixed (nint* first = natives.Values) return create(native, first, (ulong)elements.Count);
        });
    }

    private static nint Struct(DuckDbType type, object?[] fields)
    {
        using var natives = new Natives(fields.Length, i => Create(type.Fields[i].Type, fields[i]));
        return Typed(type, native =>
        {
            fixed (nint* first = natives.Values) return NativeMethods.duckdb_create_struct_value(native, first);
        });
    }

    private static nint Map(DuckDbType type, IReadOnlyList<KeyValuePair<object, object?>> entries)
    {
        using var keys = new Natives(entries.Count, i => Create(type.Fields[0].Type, entries[i].Key));
        using var values = new Natives(entries.Count, i => Create(type.Fields[1].Type, entries[i].Value));
        return Typed(type, native =>
        {
            fixed (nint* key = keys.Values, value = values.Values) return NativeMethods.duckdb_create_map_value(native, key, value, (ulong)entries.Count);
        });
    }

    private static nint Union(DuckDbType type, object value)
    {
        var (member, part) = Nested.Member(value, type);
        using var natives = new Natives(1, _ => part is null or DBNull ? Null(type.Fields[member].Type) : Create(type.Fields[member].Type, part));
        return Typed(type, native => NativeMethods.duckdb_create_union_value(native, (ulong)member, natives.Values[0]));
    }

    /// <summary>A null that has a type, which a union's member must have: the C API makes one only as an element of a list.</summary>
    private static nint Null(DuckDbType type)
    {
        var list = Many(type, [null], NativeMethods.duckdb_create_list_value);
        try
        {
            return Made(NativeMethods.duckdb_get_list_child(list, 0), type);
        }
        finally
        {
            NativeMethods.duckdb_destroy_value(ref list);
        }
    }

    private static nint Made(nint value, DuckDbType type) =>
        value != 0 ? value : throw new InvalidCastException($"DuckDB could not make a value of {type}.");

    /// <summary>Native values that are destroyed once DuckDB has copied them.</summary>
    private sealed class Natives : IDisposable
    {
        internal Natives(int count, Func<int, nint> create)
        {
            // One at least, so that there is an address to pass.
            Values = new nint[Math.Max(1, count)];
            try
            {
                for (var i = 0; i < count; i++) Values[i] = create(i);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        internal nint[] Values { get; }

        public void Dispose()
        {
            for (var i = 0; i < Values.Length; i++)
                if (Values[i] != 0) NativeMethods.duckdb_destroy_value(ref Values[i]);
        }
    }
}
