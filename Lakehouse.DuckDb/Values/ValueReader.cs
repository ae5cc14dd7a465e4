using System.Collections.Generic;

namespace Lakehouse.DuckDb;

/// <summary>Reads one value of a vector as an object: .NET's type, or DuckDB's own where .NET's holds less.</summary>
internal static class ValueReader
{
    internal static object? Read(DuckDbVector vector, int row, bool provider)
    {
        if ((uint)row >= (uint)vector.Count) throw new ArgumentOutOfRangeException(nameof(row), row, $"The chunk has {vector.Count} rows.");
        if (vector.IsNull(row)) return null;
        return vector.Type.Id switch
        {
            DuckDbTypeId.Boolean => vector.Raw<byte>(row) != 0,
            DuckDbTypeId.TinyInt => vector.Raw<sbyte>(row),
            DuckDbTypeId.SmallInt => vector.Raw<short>(row),
            DuckDbTypeId.Integer => vector.Raw<int>(row),
            DuckDbTypeId.BigInt => vector.Raw<long>(row),
            DuckDbTypeId.UTinyInt => vector.Raw<byte>(row),
            DuckDbTypeId.USmallInt => vector.Raw<ushort>(row),
            DuckDbTypeId.UInteger => vector.Raw<uint>(row),
            DuckDbTypeId.UBigInt => vector.Raw<ulong>(row),
            DuckDbTypeId.HugeInt => vector.Raw<Int128>(row),
            DuckDbTypeId.UHugeInt => vector.Raw<UInt128>(row),
            DuckDbTypeId.Float => vector.Raw<float>(row),
            DuckDbTypeId.Double => vector.Raw<double>(row),
            DuckDbTypeId.Varchar => vector.GetString(row),
            DuckDbTypeId.Blob or DuckDbTypeId.Geometry => vector.Utf8(row).ToArray(),
            DuckDbTypeId.Bit => PackedValues.ReadBits(vector.Utf8(row)),
            DuckDbTypeId.BigNum => PackedValues.ReadBigNum(vector.Utf8(row)),
            DuckDbTypeId.Uuid => PackedValues.ReadUuid(vector.Raw<UInt128>(row)),
            DuckDbTypeId.Decimal => provider || vector.Type.Width > 28 ? ReadDecimal(vector, row) : ReadDecimal(vector, row).ToDecimal(),
            DuckDbTypeId.Date => provider ? new DuckDbDate(vector.Raw<int>(row)) : new DuckDbDate(vector.Raw<int>(row)).ToDateOnly(),
            DuckDbTypeId.Time => provider ? new TimeSpan(vector.Raw<long>(row) * TimeSpan.TicksPerMicrosecond) : ToTimeOnly(vector.Raw<long>(row)),
            DuckDbTypeId.TimeNanoseconds => provider ? vector.Raw<long>(row) : ToTimeOnly(vector.Raw<long>(row) / 1000, (int)(vector.Raw<long>(row) / 100 % 10)),
            DuckDbTypeId.TimeTz => DuckDbTimeTz.FromBits(vector.Raw<ulong>(row)),
            DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.TimestampNanoseconds =>
                provider ? ReadTimestamp(vector, row) : ReadTimestamp(vector, row).ToDateTime(),
            DuckDbTypeId.TimestampTz => provider ? ReadTimestamp(vector, row) : ReadTimestamp(vector, row).ToDateTime(DateTimeKind.Utc),
            DuckDbTypeId.Interval => vector.Raw<DuckDbInterval>(row),
            DuckDbTypeId.Enum => vector.Type.EnumValues[(int)ReadEnumCode(vector, row)],
            DuckDbTypeId.List or DuckDbTypeId.Array => ReadList(vector, row, provider),
            DuckDbTypeId.Struct => ReadStruct(vector, row, provider),
            DuckDbTypeId.Map => ReadMap(vector, row, provider),
            DuckDbTypeId.Union => ReadUnion(vector, row, provider),
            DuckDbTypeId.Null => null,
            _ => throw new NotSupportedException($"Values of {vector.Type} cannot be read; cast the column in SQL, for example to VARCHAR."),
        };
    }

    /// <summary>What <see cref="Read"/> gives for values of a type that are not null.</summary>
    internal static Type ClrType(DuckDbType type, bool provider = false) => type.Id switch
    {
        DuckDbTypeId.Boolean => typeof(bool),
        DuckDbTypeId.TinyInt => typeof(sbyte),
        DuckDbTypeId.SmallInt => typeof(short),
        DuckDbTypeId.Integer => typeof(int),
        DuckDbTypeId.BigInt => typeof(long),
        DuckDbTypeId.UTinyInt => typeof(byte),
        DuckDbTypeId.USmallInt => typeof(ushort),
        DuckDbTypeId.UInteger => typeof(uint),
        DuckDbTypeId.UBigInt => typeof(ulong),
        DuckDbTypeId.HugeInt => typeof(Int128),
        DuckDbTypeId.UHugeInt => typeof(UInt128),
        DuckDbTypeId.BigNum => typeof(System.Numerics.BigInteger),
        DuckDbTypeId.Float => typeof(float),
        DuckDbTypeId.Double => typeof(double),
        DuckDbTypeId.Varchar or DuckDbTypeId.Enum => typeof(string),
        DuckDbTypeId.Blob or DuckDbTypeId.Geometry => typeof(byte[]),
        DuckDbTypeId.Bit => typeof(System.Collections.BitArray),
        DuckDbTypeId.Uuid => typeof(Guid),
        DuckDbTypeId.Decimal => provider || type.Width > 28 ? typeof(DuckDbDecimal) : typeof(decimal),
        DuckDbTypeId.Date => provider ? typeof(DuckDbDate) : typeof(DateOnly),
        DuckDbTypeId.Time => provider ? typeof(TimeSpan) : typeof(TimeOnly),
        DuckDbTypeId.TimeNanoseconds => provider ? typeof(long) : typeof(TimeOnly),
        DuckDbTypeId.TimeTz => typeof(DuckDbTimeTz),
        DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.TimestampNanoseconds or DuckDbTypeId.TimestampTz =>
            provider ? typeof(DuckDbTimestamp) : typeof(DateTime),
        DuckDbTypeId.Interval => typeof(DuckDbInterval),
        DuckDbTypeId.List or DuckDbTypeId.Array => typeof(object?[]),
        DuckDbTypeId.Struct => type.IsUnnamedStruct ? typeof(object?[]) : typeof(OrderedDictionary<string, object?>),
        DuckDbTypeId.Map => typeof(OrderedDictionary<object, object?>),
        DuckDbTypeId.Union => typeof(DuckDbUnion),
        _ => typeof(object),
    };

    internal static DuckDbDecimal ReadDecimal(DuckDbVector vector, int row) => new(
        vector.Type.PhysicalSize switch
        {
            2 => vector.Raw<short>(row),
            4 => vector.Raw<int>(row),
            8 => vector.Raw<long>(row),
            _ => vector.Raw<Int128>(row),
        },
        vector.Type.Scale);

    internal static DuckDbTimestamp ReadTimestamp(DuckDbVector vector, int row) => new(vector.Raw<long>(row), vector.Type.Id switch
    {
        DuckDbTypeId.TimestampSeconds => DuckDbTimestampUnit.Seconds,
        DuckDbTypeId.TimestampMilliseconds => DuckDbTimestampUnit.Milliseconds,
        DuckDbTypeId.TimestampNanoseconds => DuckDbTimestampUnit.Nanoseconds,
        _ => DuckDbTimestampUnit.Microseconds,
    });

    internal static uint ReadEnumCode(DuckDbVector vector, int row) => vector.Type.PhysicalSize switch
    {
        1 => vector.Raw<byte>(row),
        2 => vector.Raw<ushort>(row),
        _ => vector.Raw<uint>(row),
    };

    private static TimeOnly ToTimeOnly(long microseconds, int ticks = 0) => microseconds < TimeSpan.MicrosecondsPerDay
        ? new TimeOnly(microseconds * TimeSpan.TicksPerMicrosecond + ticks)
        : throw new OverflowException("The time 24:00:00 is not before midnight, as .NET's are; read it as TimeSpan.");

    private static object?[] ReadList(DuckDbVector vector, int row, bool provider)
    {
        var (offset, length) = vector.ListEntry(row);
        var list = new object?[length];
        if (length == 0) return list;
        var child = vector.Child;
        for (var i = 0; i < list.Length; i++) list[i] = Read(child, (int)offset + i, provider);
        return list;
    }

    private static object ReadStruct(DuckDbVector vector, int row, bool provider)
    {
        var fields = vector.Type.Fields;
        if (vector.Type.IsUnnamedStruct)
        {
            var values = new object?[fields.Count];
            for (var i = 0; i < values.Length; i++) values[i] = Read(vector.Field(i), row, provider);
            return values;
        }

        var named = new OrderedDictionary<string, object?>(fields.Count, StringComparer.Ordinal);
        for (var i = 0; i < fields.Count; i++) named.Add(fields[i].Name, Read(vector.Field(i), row, provider));
        return named;
    }

    private static OrderedDictionary<object, object?> ReadMap(DuckDbVector vector, int row, bool provider)
    {
        var (offset, length) = vector.ListEntry(row);
        var map = new OrderedDictionary<object, object?>((int)length);
        if (length == 0) return map;
        var child = vector.Child;
        DuckDbVector keys = child.Field(0), values = child.Field(1);
        for (var i = (int)offset; i < offset + length; i++) map.Add(Read(keys, i, provider)!, Read(values, i, provider));
        return map;
    }

    private static DuckDbUnion ReadUnion(DuckDbVector vector, int row, bool provider)
    {
        var tag = vector.UnionTags[row];
        return new(vector.Type.Fields[tag].Name, Read(vector.Field(tag), row, provider));
    }
}
