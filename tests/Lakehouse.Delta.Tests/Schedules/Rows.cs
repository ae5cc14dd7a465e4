namespace Lakehouse.Delta.Tests.Schedules;

/// <summary>A row of a simulated table.</summary>
/// <param name="Key">By which rows are chosen; several may have the same.</param>
/// <param name="Value">What updates change.</param>
/// <param name="Id">The same for as long as the row lives, wherever it is moved.</param>
internal sealed record Row(int Key, long Value, int Id)
{
    public override string ToString() => $"{Key}={Value}";
}

/// <summary>A range of keys, both ends included.</summary>
internal sealed record KeyRange(int From, int To)
{
    public static readonly KeyRange All = new(int.MinValue, int.MaxValue);

    public bool Contains(int key) => key >= From && key <= To;

    /// <summary>Whether a file may have rows in the range, by its statistics.</summary>
    public bool MayBeIn(AddFile file) =>
        !file.Statistics.MinValues.TryGetValue("id", out System.Text.Json.JsonElement min)
        || !file.Statistics.MaxValues.TryGetValue("id", out System.Text.Json.JsonElement max)
        || (min.GetInt32() <= To && max.GetInt32() >= From);

    public override string ToString() => this == All ? "all" : $"{From}..{To}";
}

/// <summary>What is in the data files of a simulated table, by their paths: in memory, and never changed once written.</summary>
internal sealed class DataFiles
{
    private readonly Dictionary<string, Row[]> _files = new(StringComparer.Ordinal);
    private int _written;
    private int _rows;

    public Row[] this[string path] => _files[path];

    public Row NewRow(int key, long value) => new(key, value, ++_rows);

    /// <summary>Writes a file of rows, in their order.</summary>
    public AddFile Write(IReadOnlyCollection<Row> rows, bool dataChange = true)
    {
        string path = $"part-{++_written:D4}";
        _files[path] = [.. rows];
        return new AddFile
        {
            Path = path,
            Size = rows.Count * 10,
            ModificationTime = 0,
            DataChange = dataChange,
            Stats = Statistics(rows, tight: true),
        };
    }

    /// <summary>The statistics of a file with a deletion vector.</summary>
    public string Loosened(string path) => Statistics(_files[path], tight: false);

    private static string Statistics(IReadOnlyCollection<Row> rows, bool tight) => rows.Count == 0
        ? """{"numRecords":0}"""
        : $$$"""{"numRecords":{{{rows.Count}}},"minValues":{"id":{{{rows.Min(row => row.Key)}}}},"maxValues":{"id":{{{rows.Max(row => row.Key)}}}},"nullCount":{"id":0},"tightBounds":{{{(tight ? "true" : "false")}}}}""";
}
