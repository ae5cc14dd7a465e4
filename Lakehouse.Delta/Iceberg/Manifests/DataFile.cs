using System.Text;
using System.Text.Json;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>What a file is for.</summary>
internal enum FileContent
{
    /// <summary>Rows.</summary>
    Data = 0,

    /// <summary>Positions of rows that are deleted.</summary>
    PositionDeletes = 1,
}

/// <summary>A file as a manifest has it (Iceberg table spec, "Manifests", <c>data_file</c>).</summary>
internal sealed record DataFile
{
    /// <summary>The id of the column <c>file_path</c> in files of position deletes.</summary>
    public const int PathColumnId = 2147483546;

    /// <summary>The id of their column <c>pos</c>.</summary>
    public const int PositionColumnId = 2147483545;

    public required FileContent Content { get; init; }

    public required string Path { get; init; }

    /// <summary>A value for every field of the partition spec, as bytes.</summary>
    public required IReadOnlyList<byte[]?> Partition { get; init; }

    public required long RecordCount { get; init; }

    public required long Size { get; init; }

    /// <summary>The data file that all the deletes are about.</summary>
    public string? ReferencedDataFile { get; init; }

    public IReadOnlyList<(int Id, long Count)> ValueCounts { get; init; } = [];

    public IReadOnlyList<(int Id, long Count)> NullCounts { get; init; } = [];

    public IReadOnlyList<(int Id, byte[] Value)> LowerBounds { get; init; } = [];

    public IReadOnlyList<(int Id, byte[] Value)> UpperBounds { get; init; } = [];

    /// <summary>A data file of the Delta table with what its statistics tell.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Where it is, as Iceberg clients find it.</param>
    /// <param name="rows">Its rows, deleted ones included.</param>
    /// <param name="mapping">The table's columns.</param>
    /// <exception cref="FormatException">A partition value is none of its column's type.</exception>
    public static DataFile Of(AddFile file, string path, long rows, SchemaMapping mapping)
    {
        FileStatistics statistics = file.Statistics;
        List<(int, long)> values = [], nulls = [];
        List<(int, byte[])> lower = [], upper = [];
        foreach (MetricColumn column in mapping.Metrics)
        {
            if (column.Path.Length == 1)
            {
                values.Add((column.Id, rows));

                // With deleted rows a writer may only have been sure of none and all (PROTOCOL.md, "Per-file Statistics").
                if (statistics.NullCount.TryGetValue(column.Path[0], out long count) && count <= rows && (statistics.TightBounds || count == 0 || count == rows)) nulls.Add((column.Id, count));
            }

            if (Find(statistics.MinValues, column.Path) is { } min && SingleValue.OfStatistic(min, column.Type, upper: false) is { } least) lower.Add((column.Id, least));
            if (Find(statistics.MaxValues, column.Path) is { } max && SingleValue.OfStatistic(max, column.Type, upper: true) is { } most) upper.Add((column.Id, most));
        }

        return new DataFile
        {
            Content = FileContent.Data,
            Path = path,
            Partition = PartitionOf(file.PartitionValues, mapping),
            RecordCount = rows,
            Size = file.Size,
            ValueCounts = values,
            NullCounts = nulls,
            LowerBounds = lower,
            UpperBounds = upper,
        };
    }

    /// <summary>A file of positions that are deleted in one data file.</summary>
    public static DataFile OfDeletes(string path, string dataFile, IReadOnlyList<byte[]?> partition, long size, long count, long first, long last)
    {
        byte[] name = Encoding.UTF8.GetBytes(dataFile);
        return new DataFile
        {
            Content = FileContent.PositionDeletes,
            Path = path,
            Partition = partition,
            RecordCount = count,
            Size = size,
            ReferencedDataFile = dataFile,
            LowerBounds = [(PathColumnId, name), (PositionColumnId, SingleValue.Long(first))],
            UpperBounds = [(PathColumnId, name), (PositionColumnId, SingleValue.Long(last))],
        };
    }

    /// <exception cref="FormatException">A value is none of its column's type.</exception>
    public static IReadOnlyList<byte[]?> PartitionOf(IReadOnlyDictionary<string, string?> values, SchemaMapping mapping) =>
        [.. mapping.Partitions.Select(column => SingleValue.OfPartition(values.GetValueOrDefault(column.PhysicalName), column))];

    private static JsonElement? Find(IReadOnlyDictionary<string, JsonElement> values, string[] path)
    {
        if (!values.TryGetValue(path[0], out JsonElement found)) return null;
        foreach (string name in path.AsSpan(1))
        {
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found)) return null;
        }

        return found;
    }
}
