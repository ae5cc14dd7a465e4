using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// Writes one vector: values into its array, nulls into its mask. A small value to keep while the chunk lives; after
/// <see cref="DuckDbChunk.Reset"/> ask for children and fields again. Rows not written hold what was there before.
/// </summary>
public readonly unsafe struct DuckDbVectorWriter
{
    // Longer strings live in memory that DuckDB allocates.
    private const int InlineLength = 12;

    private readonly WritableVector _vector;

    internal DuckDbVectorWriter(WritableVector vector) => _vector = vector;

    /// <summary>The type of the values.</summary>
    public DuckDbType Type => _vector.Type;

    /// <summary>How many values there is room for: 2,048 rows, or what <see cref="ReserveChild"/> made of a list's child.</summary>
    public int Capacity => _vector.Capacity;

    /// <summary>All values in DuckDB's own form, as <see cref="DuckDbVector.Values{T}"/> describes it. Growing a child moves it: ask again then.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has another size than the type's values, or they are strings.</exception>
    public Span<T> Values<T>() where T : unmanaged
    {
        if (sizeof(T) != Type.PhysicalSize || Type.HoldsBytes) throw WrongSize(typeof(T).Name, sizeof(T));
        return new(_vector.Data, _vector.Capacity);
    }

    /// <summary>Makes the row null (and with it everything inside a struct or array).</summary>
    public void SetNull(int row) => _vector.SetNull(row);

    /// <summary>Makes the row count as a value again after <see cref="SetNull"/>.</summary>
    public void SetValid(int row) => _vector.SetValid(row);

    /// <summary>Sets a VARCHAR from UTF-8, or a BLOB from bytes; they are copied.</summary>
    /// <exception cref="ArgumentException">Not valid UTF-8 for a VARCHAR.</exception>
    public void SetUtf8(int row, ReadOnlySpan<byte> value)
    {
        if (!Type.HoldsBytes) throw WrongKind("bytes");
        if ((uint)row >= (uint)_vector.Capacity) throw new ArgumentOutOfRangeException(nameof(row));
        if (Type.Id == DuckDbTypeId.Varchar && !Utf8.IsValid(value)) throw new ArgumentException($"The text for row {row} is not valid UTF-8, which a VARCHAR must be.", nameof(value));
        if (value.Length > InlineLength)
        {
            fixed (byte* first = value)
                NativeMethods.duckdb_unsafe_vector_assign_string_element_len(_vector.Vector, (ulong)row, first, (ulong)value.Length);
            return;
        }

        // Short strings lie in the vector itself: length, then up to 12 bytes, the rest zero (`duckdb_string_t`).
        var slot = new Span<byte>(_vector.Data + 16L * row, 16);
        slot.Clear();
        MemoryMarshal.Write(slot, value.Length);
        value.CopyTo(slot[4..]);
    }

    /// <summary>Sets a VARCHAR from characters.</summary>
    /// <exception cref="ArgumentException">A lone surrogate, which has no UTF-8.</exception>
    [SkipLocalsInit]
    public void SetString(int row, ReadOnlySpan<char> value)
    {
        const int small = 512;
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var buffer = most <= small ? stackalloc byte[small] : (rented = System.Buffers.ArrayPool<byte>.Shared.Rent(most));
        try
        {
            if (Utf8.FromUtf16(value, buffer, out _, out var written, replaceInvalidSequences: false) != System.Buffers.OperationStatus.Done)
                throw new ArgumentException($"The text for row {row} has a lone surrogate, which a VARCHAR cannot hold.", nameof(value));
            SetUtf8(row, buffer[..written]);
        }
        finally
        {
            if (rented is not null) System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The elements of all lists (a map's are structs of key and value), or of all arrays, one after the other.</summary>
    public DuckDbVectorWriter Child => new(_vector.Child);

    /// <summary>How many elements all lists hold together; setting it reserves room. Set it before the chunk is used.</summary>
    public long ChildCount
    {
        get => _vector.ChildCount;
        set => _vector.ChildCount = value;
    }

    /// <summary>Makes room for <paramref name="count"/> elements in all, keeping those written. Spans taken from the child before are stale.</summary>
    public void ReserveChild(long count) => _vector.ReserveChild(count);

    /// <summary>Says which elements of the child the row's list (or map) has.</summary>
    public void SetList(int row, long offset, long length)
    {
        if (Type.Id is not (DuckDbTypeId.List or DuckDbTypeId.Map)) throw WrongKind("lists");
        Values<DuckDbListEntry>()[row] = new(offset, length);
    }

    /// <summary>A struct's field. For a union use <see cref="SetUnion"/>, which sets the tag too.</summary>
    public DuckDbVectorWriter Field(int index) => new(_vector.Field(index));

    /// <summary>Sets a union's tag and returns the member's writer; the other members become null.</summary>
    public DuckDbVectorWriter SetUnion(int row, int member)
    {
        if (Type.Id != DuckDbTypeId.Union) throw WrongKind("members");
        _vector.Tags[row] = (byte)member;
        for (var i = 0; i < Type.Fields.Count; i++)
        {
            if (i == member) _vector.Field(i).SetValid(row);
            else _vector.Field(i).SetNull(row);
        }

        return Field(member);
    }

    /// <summary>Sets the row from a .NET value of any kind that the type takes; null makes it null.</summary>
    /// <exception cref="InvalidCastException">The value does not fit the type.</exception>
    /// <exception cref="OverflowException">The value is outside the type's range.</exception>
    public void SetValue(int row, object? value) => ValueWriter.Write(this, row, value);

    internal Span<T> Raw<T>() where T : unmanaged => new(_vector.Data, _vector.Capacity);

    internal ulong* WritableValidity() => _vector.WritableValidity();

    private InvalidOperationException WrongSize(string name, int size) => new(Type.HoldsBytes
        ? $"A vector of {Type} is written by SetUtf8 or SetString."
        : $"A vector of {Type} holds values of {Type.PhysicalSize} bytes, {name} has {size}.{(Type.PhysicalSize == 0 ? " Write its fields or child." : "")}");

    private InvalidOperationException WrongKind(string what) => new($"A vector of {Type} has no {what}.");
}
