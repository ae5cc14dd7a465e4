using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>The argument columns of one call of a scalar function.</summary>
public readonly ref struct DuckDbInput
{
    private readonly DuckDbType[] _types;
    private readonly nint _chunk;

    internal DuckDbInput(DuckDbType[] types, nint chunk)
    {
        _types = types;
        _chunk = chunk;
        RowCount = (int)NativeMethods.duckdb_data_chunk_get_size(chunk);
    }

    /// <summary>Rows of this call.</summary>
    public int RowCount { get; }

    /// <summary>An argument's values. Constants come repeated for every row.</summary>
    public DuckDbVector this[int argument] => new(_types[argument], NativeMethods.duckdb_data_chunk_get_vector(_chunk, (ulong)argument), RowCount);
}
