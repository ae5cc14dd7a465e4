using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>A data chunk to write: up to <see cref="Capacity"/> rows, column at a time. Use it again after <see cref="Reset"/>; it allocates once.</summary>
public sealed unsafe class DuckDbChunk : IDisposable
{
    /// <summary>Rows that a chunk has room for (DuckDB's vector size).</summary>
    public const int Capacity = 2048;

    private readonly WritableVector[] _columns;
    private nint _chunk;

    /// <summary>Makes an empty chunk of these column types.</summary>
    /// <exception cref="DuckDbException">A type cannot be stored (ANY).</exception>
    public DuckDbChunk(IReadOnlyList<DuckDbType> types)
    {
        Types = [.. types];
        var native = new nint[Types.Count];
        try
        {
            for (var i = 0; i < native.Length; i++) native[i] = NativeTypes.Create(Types[i]);
            fixed (nint* first = native)
                _chunk = NativeMethods.duckdb_create_data_chunk(first, (ulong)native.Length);
        }
        finally
        {
            for (var i = 0; i < native.Length; i++)
                if (native[i] != 0) NativeMethods.duckdb_destroy_logical_type(ref native[i]);
        }

        if (_chunk == 0) throw new DuckDbException(DuckDbErrorType.InvalidType, $"DuckDB cannot hold a chunk of ({string.Join(", ", Types)}).");
        _columns = new WritableVector[Types.Count];
        for (var i = 0; i < _columns.Length; i++) _columns[i] = new(Types[i], NativeMethods.duckdb_data_chunk_get_vector(_chunk, (ulong)i), Capacity);
    }

    /// <summary>Frees a chunk that was not disposed.</summary>
    ~DuckDbChunk() => Free();

    /// <summary>The columns' types.</summary>
    public IReadOnlyList<DuckDbType> Types { get; }

    /// <summary>How many rows are written; set it before the chunk is appended.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or above <see cref="Capacity"/>.</exception>
    public int RowCount
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Capacity);
            NativeMethods.duckdb_data_chunk_set_size(Native, (ulong)value);
            field = value;
        }
    }

    internal nint Native
    {
        get
        {
            ObjectDisposedException.ThrowIf(_chunk == 0, this);
            return _chunk;
        }
    }

    /// <summary>The writer of a column.</summary>
    public DuckDbVectorWriter Column(int index)
    {
        ObjectDisposedException.ThrowIf(_chunk == 0, this);
        return new(_columns[index]);
    }

    /// <summary>Empties the chunk: no rows, nothing null, lists without elements. Memory is kept.</summary>
    public void Reset()
    {
        NativeMethods.duckdb_data_chunk_reset(Native);
        foreach (var column in _columns) column.Refresh();
        RowCount = 0;
    }

    /// <summary>Frees the chunk.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_chunk != 0) NativeMethods.duckdb_destroy_data_chunk(ref _chunk);
    }
}
