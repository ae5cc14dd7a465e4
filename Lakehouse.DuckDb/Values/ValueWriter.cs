namespace Lakehouse.DuckDb;

/// <summary>Writes one .NET value into a vector, whatever the type.</summary>
internal static class ValueWriter
{
    internal static void Write(DuckDbVectorWriter vector, int row, object? value)
    {
        if ((uint)row >= (uint)vector.Capacity) throw new ArgumentOutOfRangeException(nameof(row), row, $"The vector has room for {vector.Capacity} values.");
        if (value is null or DBNull)
        {
            vector.SetNull(row);
            return;
        }

        var type = vector.Type;
        switch (type.Id)
        {
            case DuckDbTypeId.Boolean: vector.Raw<byte>()[row] = Scalars.Boolean(value) ? (byte)1 : (byte)0; break;
            case DuckDbTypeId.TinyInt: vector.Raw<sbyte>()[row] = Scalars.Number<sbyte>(value, type); break;
            case DuckDbTypeId.SmallInt: vector.Raw<short>()[row] = Scalars.Number<short>(value, type); break;
            case DuckDbTypeId.Integer: vector.Raw<int>()[row] = Scalars.Number<int>(value, type); break;
            case DuckDbTypeId.BigInt: vector.Raw<long>()[row] = Scalars.Number<long>(value, type); break;
            case DuckDbTypeId.UTinyInt: vector.Raw<byte>()[row] = Scalars.Number<byte>(value, type); break;
            case DuckDbTypeId.USmallInt: vector.Raw<ushort>()[row] = Scalars.Number<ushort>(value, type); break;
            case DuckDbTypeId.UInteger: vector.Raw<uint>()[row] = Scalars.Number<uint>(value, type); break;
            case DuckDbTypeId.UBigInt: vector.Raw<ulong>()[row] = Scalars.Number<ulong>(value, type); break;
            case DuckDbTypeId.HugeInt: vector.Raw<Int128>()[row] = Scalars.Number<Int128>(value, type); break;
            case DuckDbTypeId.UHugeInt: vector.Raw<UInt128>()[row] = Scalars.Number<UInt128>(value, type); break;
            case DuckDbTypeId.Float: vector.Raw<float>()[row] = Scalars.Float(value); break;
            case DuckDbTypeId.Double: vector.Raw<double>()[row] = Scalars.Double(value); break;
            case DuckDbTypeId.Varchar: vector.SetString(row, Scalars.Text(value)); break;
            case DuckDbTypeId.Blob: vector.SetUtf8(row, Scalars.Bytes(value)); break;
            case DuckDbTypeId.Bit: vector.SetUtf8(row, Scalars.Bits(value)); break;
            case DuckDbTypeId.BigNum: vector.SetUtf8(row, PackedValues.WriteBigNum(Scalars.BigNum(value))); break;
            case DuckDbTypeId.Uuid: vector.Raw<UInt128>()[row] = PackedValues.WriteUuid(Scalars.Uuid(value)); break;
            case DuckDbTypeId.Decimal: WriteDecimal(vector, row, Scalars.Unscaled(value, type)); break;
            case DuckDbTypeId.Date: vector.Raw<int>()[row] = Scalars.Days(value); break;
            case DuckDbTypeId.Time: vector.Raw<long>()[row] = Scalars.TimeMicroseconds(value); break;
            case DuckDbTypeId.TimeNanoseconds: vector.Raw<long>()[row] = Scalars.TimeNanoseconds(value); break;
            case DuckDbTypeId.TimeTz: vector.Raw<ulong>()[row] = Scalars.TimeTz(value).Bits; break;
            case DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampTz or DuckDbTypeId.TimestampSeconds or DuckDbTypeId.TimestampMilliseconds or DuckDbTypeId.TimestampNanoseconds:
                vector.Raw<long>()[row] = Scalars.Timestamp(value, type);
                break;
            case DuckDbTypeId.Interval: vector.Raw<DuckDbInterval>()[row] = Scalars.Interval(value); break;
            case DuckDbTypeId.Enum: WriteEnum(vector, row, Scalars.EnumCode(value, type)); break;
            case DuckDbTypeId.List: WriteList(vector, row, Nested.Elements(value, type)); break;
            case DuckDbTypeId.Map: WriteMap(vector, row, Nested.Entries(value, type)); break;
            case DuckDbTypeId.Array: WriteArray(vector, row, Nested.ArrayElements(value, type)); break;
            case DuckDbTypeId.Struct: WriteStruct(vector, row, Nested.Fields(value, type)); break;
            case DuckDbTypeId.Union:
                var (member, part) = Nested.Member(value, type);
                Write(vector.SetUnion(row, member), row, part);
                break;
            default:
                throw new NotSupportedException($"Values of {type} cannot be written; write VARCHAR and cast in SQL.");
        }

        vector.SetValid(row);
    }

    private static void WriteDecimal(DuckDbVectorWriter vector, int row, Int128 unscaled)
    {
        switch (vector.Type.PhysicalSize)
        {
            case 2: vector.Raw<short>()[row] = (short)unscaled; break;
            case 4: vector.Raw<int>()[row] = (int)unscaled; break;
            case 8: vector.Raw<long>()[row] = (long)unscaled; break;
            default: vector.Raw<Int128>()[row] = unscaled; break;
        }
    }

    private static void WriteEnum(DuckDbVectorWriter vector, int row, uint code)
    {
        switch (vector.Type.PhysicalSize)
        {
            case 1: vector.Raw<byte>()[row] = (byte)code; break;
            case 2: vector.Raw<ushort>()[row] = (ushort)code; break;
            default: vector.Raw<uint>()[row] = code; break;
        }
    }

    private static void WriteList(DuckDbVectorWriter vector, int row, IReadOnlyList<object?> elements)
    {
        var offset = vector.ChildCount;
        vector.ChildCount = offset + elements.Count;
        vector.SetList(row, offset, elements.Count);
        var child = vector.Child;
        for (var i = 0; i < elements.Count; i++) Write(child, (int)offset + i, elements[i]);
    }

    private static void WriteMap(DuckDbVectorWriter vector, int row, IReadOnlyList<KeyValuePair<object, object?>> entries)
    {
        var offset = vector.ChildCount;
        vector.ChildCount = offset + entries.Count;
        vector.SetList(row, offset, entries.Count);
        DuckDbVectorWriter keys = vector.Child.Field(0), values = vector.Child.Field(1);
        for (var i = 0; i < entries.Count; i++)
        {
            Write(keys, (int)offset + i, entries[i].Key);
            Write(values, (int)offset + i, entries[i].Value);
        }
    }

    private static void WriteArray(DuckDbVectorWriter vector, int row, IReadOnlyList<object?> elements)
    {
        var child = vector.Child;
        for (var i = 0; i < elements.Count; i++) Write(child, row * elements.Count + i, elements[i]);
    }

    private static void WriteStruct(DuckDbVectorWriter vector, int row, object?[] fields)
    {
        for (var i = 0; i < fields.Length; i++) Write(vector.Field(i), row, fields[i]);
    }
}
