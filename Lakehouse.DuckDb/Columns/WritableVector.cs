using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// The state behind <see cref="DuckDbVectorWriter"/>: pointers into one native vector, fetched again after DuckDB moved them.
/// </summary>
internal sealed unsafe class WritableVector
{
    private readonly nint _vector;
    private readonly int _rows;
    private WritableVector? _child;
    private WritableVector?[]? _fields;
    private byte* _data;
    private ulong* _validity;
    private long _childCapacity;
    private long _childCount;

    internal WritableVector(DuckDbType type, nint vector, int rows)
    {
        Type = type;
        _vector = vector;
        _rows = rows;
        Capacity = rows;
        _childCapacity = DuckDbChunk.Capacity;
        Refresh();
    }

    internal DuckDbType Type { get; }

    /// <summary>How many values there is room for.</summary>
    internal int Capacity { get; private set; }

    internal byte* Data => _data;

    internal nint Vector => _vector;

    internal WritableVector Child
    {
        get
        {
            if (_child is not null) return _child;
            return _child = Type.Id switch
            {
                DuckDbTypeId.List or DuckDbTypeId.Map => new(Type.Element!, NativeMethods.duckdb_list_vector_get_child(_vector), (int)_childCapacity),
                DuckDbTypeId.Array => new(Type.Element!, NativeMethods.duckdb_array_vector_get_child(_vector), checked(Capacity * Type.Length)),
                _ => throw new InvalidOperationException($"A vector of {Type} has no child."),
            };
        }
    }

    internal long ChildCount
    {
        get => _childCount;
        set
        {
            ReserveChild(value);
            NativeMethods.duckdb_list_vector_set_size(_vector, (ulong)value);
            _childCount = value;
        }
    }

    internal WritableVector Field(int index)
    {
        // A union is a struct whose first field is the tag.
        var offset = Type.Id switch
        {
            DuckDbTypeId.Struct => 0,
            DuckDbTypeId.Union => 1,
            _ => throw new InvalidOperationException($"A vector of {Type} has no fields."),
        };
        _fields ??= new WritableVector?[Type.Fields.Count];
        return _fields[index] ??= new(Type.Fields[index].Type, NativeMethods.duckdb_struct_vector_get_child(_vector, (ulong)(index + offset)), Capacity);
    }

    /// <summary>The tags of a union.</summary>
    internal Span<byte> Tags => new(NativeMethods.duckdb_vector_get_data(NativeMethods.duckdb_struct_vector_get_child(_vector, 0)), Capacity);

    internal void ReserveChild(long count)
    {
        if (Type.Id is not (DuckDbTypeId.List or DuckDbTypeId.Map)) throw new InvalidOperationException($"A vector of {Type} has no child to reserve.");
        if (count <= _childCapacity) return;
        if (count > int.MaxValue) throw new ArgumentOutOfRangeException(nameof(count), count, "A chunk's lists can hold no more than 2^31 elements together; write fewer rows per chunk.");
        // DuckDB rounds up to powers of two; asking for that lets us know the capacity without asking back.
        var capacity = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)count);
        if (NativeMethods.duckdb_list_vector_reserve(_vector, (ulong)capacity) != 0) throw new DuckDbException(DuckDbErrorType.OutOfMemory, $"DuckDB could not reserve {capacity} list elements.");
        _childCapacity = capacity;
        _child?.Grown((int)Math.Min(capacity, int.MaxValue));
    }

    internal void SetNull(int row)
    {
        if ((uint)row >= (uint)Capacity) throw new ArgumentOutOfRangeException(nameof(row));
        WritableValidity()[row >> 6] &= ~(1UL << (row & 63));
        // DuckDB wants what is inside a null struct or array to be null as well.
        switch (Type.Id)
        {
            case DuckDbTypeId.Struct or DuckDbTypeId.Union:
                for (var i = 0; i < Type.Fields.Count; i++) Field(i).SetNull(row);
                if (Type.Id == DuckDbTypeId.Union) Tags[row] = 0;
                break;
            case DuckDbTypeId.Array:
                for (var i = 0; i < Type.Length; i++) Child.SetNull(row * Type.Length + i);
                break;
            case DuckDbTypeId.List or DuckDbTypeId.Map:
                ((DuckDbListEntry*)_data)[row] = default;
                break;
        }
    }

    internal void SetValid(int row)
    {
        if (_validity != null) _validity[row >> 6] |= 1UL << (row & 63);
    }

    /// <summary>The mask with a bit per row of <see cref="Capacity"/>, made when there was none.</summary>
    internal ulong* WritableValidity()
    {
        if (_validity != null) return _validity;
        NativeMethods.duckdb_vector_ensure_validity_writable(_vector);
        return _validity = NativeMethods.duckdb_vector_get_validity(_vector);
    }

    /// <summary>After the chunk was reset: every value is valid again, children are empty and have their first size.</summary>
    internal void Refresh()
    {
        _data = (byte*)NativeMethods.duckdb_vector_get_data(_vector);
        _validity = NativeMethods.duckdb_vector_get_validity(_vector);
        _childCount = 0;
        _childCapacity = DuckDbChunk.Capacity;
        Capacity = _rows;
        // Children are looked up again when they are asked for, as a reset may have replaced them.
        _child = null;
        _fields = null;
    }

    private void Grown(int capacity)
    {
        Capacity = capacity;
        _data = (byte*)NativeMethods.duckdb_vector_get_data(_vector);
        _validity = NativeMethods.duckdb_vector_get_validity(_vector);
        foreach (var field in _fields ?? []) field?.Grown(capacity);
        if (Type.Id == DuckDbTypeId.Array) _child?.Grown(checked(capacity * Type.Length));
    }
}
