namespace Lakehouse.Delta;

/// <summary>
/// What a checkpoint holds, as a codec hands it over: files by columns, as a table's state keeps them, and the few other actions as
/// objects. For one thread, but for the <see cref="Section"/>s that several threads fill side by side.
/// </summary>
/// <remarks>No file is twice in a checkpoint that is right. Where one is, its last row counts: the own rows come first, then those of
/// the sections in the order in which they were made, whichever is filled first.</remarks>
public sealed class CheckpointRows
{
    private readonly PartitionSets _partitions = new();
    private readonly FileColumnsBuilder _adds;
    private readonly FileColumnsBuilder _removes;
    private readonly List<DeltaAction> _others = [];
    private readonly List<CheckpointRows> _sections = [];

    /// <summary>Nothing yet.</summary>
    public CheckpointRows()
    {
        _adds = new FileColumnsBuilder(_partitions);
        _removes = new FileColumnsBuilder(_partitions);
    }

    /// <summary>False where the rows of files are not wanted: they need not be read.</summary>
    public bool WantsFiles { get; internal init; } = true;

    /// <summary>False where only the rows of files are wanted.</summary>
    public bool WantsOthers { get; internal init; } = true;

    /// <summary>Actions that are about no file.</summary>
    internal IEnumerable<DeltaAction> Others => All.SelectMany(rows => rows._others);

    private IEnumerable<CheckpointRows> All => _sections.SelectMany(section => section.All).Prepend(this);

    /// <summary>Rows that come after the own and those of the sections before. Sections are made by one thread, which fills no more than
    /// one of them; nothing is read from the whole before all of them are filled.</summary>
    public CheckpointRows Section() => Section(WantsOthers);

    /// <summary>Takes an action of any kind.</summary>
    public void Add(DeltaAction action)
    {
        switch (action)
        {
            case AddFile add when WantsFiles: _adds.Add(add); break;
            case RemoveFile remove when WantsFiles: _removes.Add(remove); break;
            case not FileAction when WantsOthers: _others.Add(action); break;
        }
    }

    /// <summary>Everything taken so far as objects, the actions about files last: for looking at a checkpoint. No more can be taken then.</summary>
    public IReadOnlyList<DeltaAction> ToActions() => [.. Others, .. LogMap<AddFile>.Of(ToAdds()), .. LogMap<RemoveFile>.Of(ToRemoves())];

    /// <summary>A partition value of the row that comes next, as UTF-8.</summary>
    public void AppendPartitionValue(ReadOnlySpan<byte> column, ReadOnlySpan<byte> value, bool isNull) => _partitions.Append(column, value, isNull);

    /// <summary>A file that is in the table.</summary>
    /// <exception cref="FormatException">Something required is not there.</exception>
    public void AddFile(in FileRow row)
    {
        if (row.Path.IsEmpty) throw Missing("add", "path");
        if (row.Size is null) throw Missing("add", "size");
        _adds.Append(row, _partitions.End());
    }

    /// <summary>A tombstone.</summary>
    /// <exception cref="FormatException">Something required is not there.</exception>
    public void RemoveFile(in FileRow row)
    {
        if (row.Path.IsEmpty) throw Missing("remove", "path");
        _removes.Append(row, row.HasPartitionValues ? _partitions.End() : -1);
    }

    /// <summary>Takes no more rows of files, and lets go what it keeps for taking them: there may be many sections, and few threads.</summary>
    public void Seal()
    {
        _adds.Seal();
        _removes.Seal();
    }

    internal CheckpointRows Section(bool wantsOthers)
    {
        CheckpointRows section = new() { WantsFiles = WantsFiles, WantsOthers = wantsOthers };
        _sections.Add(section);
        return section;
    }

    /// <summary>The files that were added. No more can be taken then.</summary>
    internal FileColumns ToAdds() => FileColumns.Of([.. All.Select(rows => rows._adds)]);

    /// <summary>The files that were removed. No more can be taken then.</summary>
    internal FileColumns ToRemoves() => FileColumns.Of([.. All.Select(rows => rows._removes)]);

    private static FormatException Missing(string action, string field) => new($"'{action}' lacks the required field '{field}'");
}
