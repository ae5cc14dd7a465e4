using System.Runtime.InteropServices;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>Between <see cref="DuckDbType"/> and the library's logical types.</summary>
internal static unsafe class NativeTypes
{
    /// <summary>Reads a logical type and destroys it.</summary>
    internal static DuckDbType Take(nint type)
    {
        try
        {
            return Read(type);
        }
        finally
        {
            NativeMethods.duckdb_destroy_logical_type(ref type);
        }
    }

    /// <summary>A new logical type, which the caller destroys.</summary>
    internal static nint Create(DuckDbType type)
    {
        switch (type.Id)
        {
            case DuckDbTypeId.Decimal:
                return NativeMethods.duckdb_create_decimal_type(type.Width, type.Scale);
            case DuckDbTypeId.List:
                return With(type.Element!, &NativeMethods.duckdb_create_list_type);
            case DuckDbTypeId.Array:
                var element = Create(type.Element!);
                var array = NativeMethods.duckdb_create_array_type(element, (ulong)type.Length);
                NativeMethods.duckdb_destroy_logical_type(ref element);
                return array;
            case DuckDbTypeId.Map:
                nint key = Create(type.Fields[0].Type), value = Create(type.Fields[1].Type);
                var map = NativeMethods.duckdb_create_map_type(key, value);
                NativeMethods.duckdb_destroy_logical_type(ref key);
                NativeMethods.duckdb_destroy_logical_type(ref value);
                return map;
            case DuckDbTypeId.Struct or DuckDbTypeId.Union:
                return CreateFields(type);
            case DuckDbTypeId.Enum:
                using (var names = new NameArray(type.EnumValues))
                    return NativeMethods.duckdb_create_enum_type(names.Pointer, (ulong)type.EnumValues.Count);
            default:
                return NativeMethods.duckdb_create_logical_type((int)type.Id);
        }
    }

    private static nint With(DuckDbType child, delegate*<nint, nint> create)
    {
        var native = Create(child);
        var result = create(native);
        NativeMethods.duckdb_destroy_logical_type(ref native);
        return result;
    }

    private static nint CreateFields(DuckDbType type)
    {
        var count = type.Fields.Count;
        var types = new nint[count];
        for (var i = 0; i < count; i++) types[i] = Create(type.Fields[i].Type);
        using var names = new NameArray([.. type.Fields.Select(f => f.Name)]);
        nint result;
        fixed (nint* first = types)
        {
            result = type.Id == DuckDbTypeId.Struct
                ? NativeMethods.duckdb_create_struct_type(first, names.Pointer, (ulong)count)
                : NativeMethods.duckdb_create_union_type(first, names.Pointer, (ulong)count);
        }

        for (var i = 0; i < count; i++) NativeMethods.duckdb_destroy_logical_type(ref types[i]);
        return result;
    }

    private static DuckDbType Read(nint type)
    {
        var id = (DuckDbTypeId)NativeMethods.duckdb_get_type_id(type);
        switch (id)
        {
            case DuckDbTypeId.Decimal:
                return DuckDbType.Decimal(NativeMethods.duckdb_decimal_width(type), NativeMethods.duckdb_decimal_scale(type));
            case DuckDbTypeId.List:
                return DuckDbType.List(Take(NativeMethods.duckdb_list_type_child_type(type)));
            case DuckDbTypeId.Array:
                return DuckDbType.Array(Take(NativeMethods.duckdb_array_type_child_type(type)), (int)NativeMethods.duckdb_array_type_array_size(type));
            case DuckDbTypeId.Map:
                return DuckDbType.Map(Take(NativeMethods.duckdb_map_type_key_type(type)), Take(NativeMethods.duckdb_map_type_value_type(type)));
            case DuckDbTypeId.Struct:
                var fields = new DuckDbField[NativeMethods.duckdb_struct_type_child_count(type)];
                for (var i = 0; i < fields.Length; i++)
                {
                    fields[i] = new(
                        NativeMethods.TakeText(NativeMethods.duckdb_struct_type_child_name(type, (ulong)i)),
                        Take(NativeMethods.duckdb_struct_type_child_type(type, (ulong)i)));
                }

                return DuckDbType.Struct(fields);
            case DuckDbTypeId.Union:
                var members = new DuckDbField[NativeMethods.duckdb_union_type_member_count(type)];
                for (var i = 0; i < members.Length; i++)
                {
                    members[i] = new(
                        NativeMethods.TakeText(NativeMethods.duckdb_union_type_member_name(type, (ulong)i)),
                        Take(NativeMethods.duckdb_union_type_member_type(type, (ulong)i)));
                }

                return DuckDbType.Union(members);
            case DuckDbTypeId.Enum:
                var values = new string[NativeMethods.duckdb_enum_dictionary_size(type)];
                for (var i = 0; i < values.Length; i++) values[i] = NativeMethods.TakeText(NativeMethods.duckdb_enum_dictionary_value(type, (ulong)i));
                return DuckDbType.Enum(values);
            default:
                return DuckDbType.Simple(id);
        }
    }

    /// <summary>An array of C strings for the length of one call.</summary>
    private sealed class NameArray : IDisposable
    {
        private readonly int _count;

        internal NameArray(IReadOnlyList<string> names)
        {
            _count = names.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)_count, (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++) Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(names[i]);
        }

        internal byte** Pointer { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++) Marshal.FreeCoTaskMem((nint)Pointer[i]);
            NativeMemory.Free(Pointer);
        }
    }
}
