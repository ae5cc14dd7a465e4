using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Conversion;

namespace Lakehouse.Engine;

/// <summary>How a folder of Parquet files becomes a Delta table.</summary>
public sealed record ConvertOptions
{
    /// <summary>The columns whose values are in folder names (<c>day=2026-01-01</c>), with their types, in the folders' order.</summary>
    public IReadOnlyList<StructField> PartitionBy { get; init; } = [];

    /// <summary>Table properties.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    /// <summary>Whether every file is read once for the statistics by which queries skip files.</summary>
    public bool CollectStatistics { get; init; } = true;

    /// <summary>Reads partition columns as SQL declares them: <c>day DATE, region STRING</c>.</summary>
    /// <exception cref="FormatException">The text is no such list.</exception>
    public static IReadOnlyList<StructField> ParsePartitionBy(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. ColumnDeclarations.Parse(text)];
    }
}

/// <summary>What a conversion made a table of.</summary>
/// <param name="Commit">Version 0.</param>
/// <param name="Files">Files that became the table's.</param>
/// <param name="Bytes">Their sizes.</param>
/// <param name="Rows">Their rows; null where no statistics were collected.</param>
public sealed record ConvertResult(CommitResult Commit, int Files, long Bytes, long? Rows)
{
    /// <summary>The result in a sentence.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Files:N0} files of {Bytes:N0} bytes{(Rows is { } rows ? $" and {rows:N0} rows" : "")}");
}
