namespace Lakehouse.Engine.Write;

/// <summary>Where rows that all belong to one partition go, so that they need not be told apart while they are written.</summary>
/// <param name="Folder">Below the table's, with a slash at its end; empty for the table's own.</param>
/// <param name="PartitionValues">The partition's values, by physical names.</param>
/// <param name="TargetBytes">The size at which a file is closed and the next begun.</param>
/// <param name="FileRows">About how many rows come to that size; null = it is not known.</param>
internal sealed record FilePlacement(string Folder, IReadOnlyDictionary<string, string?> PartitionValues, long TargetBytes, long? FileRows = null)
{
    /// <summary>Rows of a row group, by DuckDB's choice.</summary>
    private const long MostRows = 122_880;

    /// <summary>DuckDB writes no smaller ones.</summary>
    private const long LeastRows = 2048;

    /// <summary>Rows of a row group: a file is closed only between two of them, so they must be no larger than a file.</summary>
    public long RowGroupRows => Math.Clamp(FileRows ?? MostRows, LeastRows, MostRows);
}
