namespace Lakehouse.Delta;

/// <summary>
/// What a checkpoint holds, as a codec hands it over, in any order: files by columns, as a table's state keeps them, and the few
/// other actions as objects. For one thread.
/// </summary>
public sealed class CheckpointRows
{
    private readonly PartitionSets _partitions = new();
    private readonly List<DeltaAction> _others = [];

    /// <summary>Nothing yet.</summary>
    public CheckpointRows()
    {
        Adds = new FileColumnsBuilder(_partitions);
        Removes = new FileColumnsBuilder(_partitions);
    }

    /// <summary>False where the rows of files are not wanted: they need not be read.</summary>
    public bool WantsFiles { get; internal init; } = true;

    /// <summary>False where only the rows of files are wanted.</summary>
    public bool WantsOthers { get; internal set; } = true;

    /// <summary>Actions that are about no file.</summary>
    internal IReadOnlyList<DeltaAction> Others => _others;

    internal FileColumnsBuilder Adds { get; }

    internal FileColumnsBuilder Removes { get; }

    /// <summary>Takes an action of any kind.</summary>
    public void Add(DeltaAction action)
    {
        switch (action)
        {
            case AddFile add when WantsFiles: Adds.Add(add); break;
            case RemoveFile remove when WantsFiles: Removes.Add(remove); break;
            case not FileAction when WantsOthers: _others.Add(action); break;
        }
    }

    /// <summary>Everything taken so far as objects, the actions about files last: for looking at a checkpoint. No more can be taken then.</summary>
    public IReadOnlyList<DeltaAction> ToActions() => [.. _others, .. LogMap<AddFile>.Of(Adds.ToColumns()), .. LogMap<RemoveFile>.Of(Removes.ToColumns())];

    /// <summary>A partition value of the row that comes next, as UTF-8.</summary>
    public void AppendPartitionValue(ReadOnlySpan<byte> column, ReadOnlySpan<byte> value, bool isNull) => _partitions.Append(column, value, isNull);

    /// <summary>A file that is in the table.</summary>
    /// <exception cref="FormatException">Something required is not there.</exception>
    public void AddFile(in FileRow row)
    {
        if (row.Path.IsEmpty) throw Missing("add", "path");
        if (row.Size is null) throw Missing("add", "size");
        Adds.Append(row, _partitions.End());
    }

    /// <summary>A tombstone.</summary>
    /// <exception cref="FormatException">Something required is not there.</exception>
    public void RemoveFile(in FileRow row)
    {
        if (row.Path.IsEmpty) throw Missing("remove", "path");
        Removes.Append(row, row.HasPartitionValues ? _partitions.End() : -1);
    }

    private static FormatException Missing(string action, string field) => new($"'{action}' lacks the required field '{field}'");
}
