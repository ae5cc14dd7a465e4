namespace Lakehouse.Delta;

/// <summary>What a transaction read, and so what must not have changed meanwhile.</summary>
internal sealed class ReadSet
{
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly List<Func<AddFile, bool>> _predicates = [];

    public bool WholeTable { get; set; }

    public bool IsEmpty => !WholeTable && _paths.Count == 0 && _predicates.Count == 0;

    public void AddFile(AddFile file) => _paths.Add(DataPath.Canonical(file.Path));

    public void AddPredicate(Func<AddFile, bool> predicate) => _predicates.Add(predicate);

    /// <summary>Whether rows of a file that another commit added would have been read.</summary>
    public bool Covers(AddFile added) => WholeTable || _predicates.Exists(predicate => predicate(added));

    /// <summary>Whether a file that another commit removed was read.</summary>
    public bool Contains(RemoveFile removed, AddFile? file) =>
        WholeTable || _paths.Contains(DataPath.Canonical(removed.Path)) || (file is not null && _predicates.Exists(predicate => predicate(file)));
}
