using Lakehouse.Delta;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine;

/// <summary>Data files that were written below a table and belong to no version yet. Commit them, or discard them.</summary>
/// <param name="Files">The files, as a commit will add them.</param>
/// <param name="Schema">The columns that were written, by their names in the table.</param>
/// <param name="PartitionBy">The columns that partition them.</param>
public sealed record StagedFiles(IReadOnlyList<AddFile> Files, StructType Schema, IReadOnlyList<string> PartitionBy)
{
    /// <summary>Rows in all files.</summary>
    public long Rows => Files.Sum(file => file.Statistics.NumRecords ?? 0);

    /// <summary>The last values that their identity columns were given, by column.</summary>
    internal IReadOnlyDictionary<string, long> HighWaterMarks { get; init; } = new Dictionary<string, long>();

    /// <summary>The rules that their rows were held against.</summary>
    internal IReadOnlyList<RowRule> Rules { get; init; } = [];

    /// <summary>Bytes of all files.</summary>
    public long Bytes => Files.Sum(file => file.Size);
}
