namespace Lakehouse.Delta;

/// <summary>What a transaction read, and so what must not have changed meanwhile.</summary>
internal sealed class ReadSet
{
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly List<Func<AddFile, bool>> _predicates = [];
    private readonly List<Func<AddFile, bool>> _matches = [];
    private readonly List<Func<AddFile, bool>> _absences = [];

    public bool WholeTable { get; set; }

    public bool IsEmpty => !WholeTable && _paths.Count == 0 && _predicates.Count == 0 && _matches.Count == 0;

    public void AddFile(AddFile file) => _paths.Add(DataPath.Canonical(file.Path));

    public void AddPredicate(Func<AddFile, bool> predicate) => _predicates.Add(predicate);

    public void AddMatch(Func<AddFile, bool> mayMatch, bool dependsOnAbsence)
    {
        _matches.Add(mayMatch);
        if (dependsOnAbsence) _absences.Add(mayMatch);
    }

    /// <summary>Whether rows of a file that another commit added would have been read, all of them together.</summary>
    public bool Covers(AddFile added) => WholeTable || _predicates.Exists(predicate => predicate(added));

    /// <summary>Whether rows of a file that another commit added would have been looked at, each by itself.</summary>
    public bool MayMatch(AddFile added) => _matches.Exists(match => match(added));

    /// <summary>Whether a file held rows whose presence counts, so that the transaction would do something else without one of them.</summary>
    public bool MissesRowsOf(AddFile removed) => _absences.Exists(match => match(removed));

    /// <summary>Whether a file that another commit removed was read, all its rows together.</summary>
    public bool Contains(RemoveFile removed, AddFile? file) =>
        WholeTable || _paths.Contains(DataPath.Canonical(removed.Path)) || (file is not null && _predicates.Exists(predicate => predicate(file)));
}
