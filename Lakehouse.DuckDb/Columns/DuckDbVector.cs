using System.Runtime.CompilerServices;
using System.Text;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// A column of a chunk as DuckDB holds it: values in one array and a validity mask beside it. Nothing is copied; the
/// vector is valid only while its chunk is the current one (or, in a function, during the call).
/// </summary>
public readonly unsafe ref struct DuckDbVector
{
    private readonly nint _vector;
    private readonly byte* _data;
    private readonly ulong* _validity;

    internal DuckDbVector(DuckDbType type, nint vector, int count)
    {
        Type = type;
        _vector = vector;
        Count = count;
        _data = (byte*)NativeMethods.duckdb_vector_get_data(vector);
        _validity = NativeMethods.duckdb_vector_get_validity(vector);
    }

    /// <summary>The type of the values.</summary>
    public DuckDbType Type { get; }

    /// <summary>How many values there are: the chunk's rows, or for a child of lists all their elements together.</summary>
    public int Count { get; }

    /// <summary>Whether any value may be null; false proves that none is.</summary>
    public bool MayHaveNulls => _validity != null;

    /// <summary>The validity mask, bit <c>row % 64</c> of word <c>row / 64</c> being 1 where there is a value. Empty when no value is null.</summary>
    public ReadOnlySpan<ulong> Validity => _validity == null ? default : new(_validity, (Count + 63) >> 6);

    /// <summary>Whether the row is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsNull(int row) => _validity != null && (_validity[row >> 6] >> (row & 63) & 1) == 0;

    /// <summary>
    /// All values in DuckDB's own form: integers and floats as they are, HUGEINT and UUID (top bit flipped) as 16 bytes, DATE
    /// as int days, TIME and TIMESTAMP as long in their unit since 1970, DECIMAL as short, int, long or Int128 without its point,
    /// ENUM as byte, ushort or uint codes, INTERVAL as <see cref="DuckDbInterval"/>, lists and maps as <see cref="DuckDbListEntry"/>.
    /// Values of null rows are arbitrary.
    /// </summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has another size than the type's values.</exception>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged
    {
        if (sizeof(T) != Type.PhysicalSize) throw WrongSize(typeof(T).Name, sizeof(T));
        return new(_data, Count);
    }

    /// <summary>The bytes of a VARCHAR (UTF-8), BLOB, BIT or BIGNUM, as they lie; empty for a null row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Utf8(int row)
    {
        if (!Type.HoldsBytes) throw WrongKind("bytes");
        if ((uint)row >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(row));
        if (IsNull(row)) return default;
        var text = _data + 16L * row;
        var length = *(int*)text;
        return length <= 12 ? new(text + 4, length) : new(*(byte**)(text + 8), length);
    }

    /// <summary>A VARCHAR as a string, which is allocated; null for a null row.</summary>
    public string? GetString(int row) => IsNull(row) ? null : Encoding.UTF8.GetString(Utf8(row));

    /// <summary>Where a list's or map's (or array's) elements lie in <see cref="Child"/>.</summary>
    public DuckDbListEntry ListEntry(int row)
    {
        if ((uint)row >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(row));
        return Type.Id switch
        {
            DuckDbTypeId.List or DuckDbTypeId.Map => ((DuckDbListEntry*)_data)[row],
            DuckDbTypeId.Array => new((long)row * Type.Length, Type.Length),
            _ => throw WrongKind("lists"),
        };
    }

    /// <summary>All elements of all lists, arrays or maps; a map's are structs of key and value.</summary>
    public DuckDbVector Child => Type.Id switch
    {
        DuckDbTypeId.List or DuckDbTypeId.Map => new(Type.Element!, NativeMethods.duckdb_list_vector_get_child(_vector), (int)NativeMethods.duckdb_list_vector_get_size(_vector)),
        DuckDbTypeId.Array => new(Type.Element!, NativeMethods.duckdb_array_vector_get_child(_vector), Count * Type.Length),
        _ => throw WrongKind("lists"),
    };

    /// <summary>A struct's field, or a union's member (null in rows of another tag).</summary>
    public DuckDbVector Field(int index) => Type.Id switch
    {
        DuckDbTypeId.Struct => new(Type.Fields[index].Type, NativeMethods.duckdb_struct_vector_get_child(_vector, (ulong)index), Count),
        // A union is a struct whose first field is the tag.
        DuckDbTypeId.Union => new(Type.Fields[index].Type, NativeMethods.duckdb_struct_vector_get_child(_vector, (ulong)index + 1), Count),
        _ => throw WrongKind("fields"),
    };

    /// <summary>The index of the member that each row of a union holds.</summary>
    public ReadOnlySpan<byte> UnionTags => Type.Id == DuckDbTypeId.Union
        ? new DuckDbVector(DuckDbType.UTinyInt, NativeMethods.duckdb_struct_vector_get_child(_vector, 0), Count).Values<byte>()
        : throw WrongKind("tags");

    /// <summary>The value as a .NET object (see <c>docs/decisions/010-duckdb-values.md</c> for which); null for a null row.</summary>
    /// <exception cref="OverflowException">A date or time that .NET's types cannot hold; <see cref="GetProviderValue"/> gives those too.</exception>
    public object? GetValue(int row) => ValueReader.Read(this, row, provider: false);

    /// <summary>The value without loss: <see cref="DuckDbDate"/>, <see cref="DuckDbTimestamp"/> and the like where .NET's types hold less.</summary>
    public object? GetProviderValue(int row) => ValueReader.Read(this, row, provider: true);

    /// <summary>The value as a <typeparamref name="T"/>, converted where nothing is lost.</summary>
    /// <exception cref="InvalidCastException">The value is null (and <typeparamref name="T"/> cannot be), or of another kind.</exception>
    /// <exception cref="OverflowException">The value is outside the range of <typeparamref name="T"/>.</exception>
    public T GetValue<T>(int row) => TypedValues.Get<T>(this, row);

    /// <summary>One value in DuckDB's form, for the readers in this assembly which have checked type and row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T Raw<T>(int row) where T : unmanaged => ((T*)_data)[row];

    private InvalidOperationException WrongSize(string name, int size) =>
        new($"A vector of {Type} holds values of {Type.PhysicalSize} bytes, {name} has {size}.{(Type.PhysicalSize == 0 ? " Read its fields or child." : "")}");

    private InvalidOperationException WrongKind(string what) => new($"A vector of {Type} has no {what}.");
}
