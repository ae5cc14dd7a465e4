namespace Lakehouse.Engine;

/// <summary>How a write is made and what its commit says about itself.</summary>
public record WriteOptions
{
    /// <summary>The operation's name in the table's history. Null = the operation's own (WRITE, MERGE, …).</summary>
    public string? Operation { get; init; }

    /// <summary>Makes the write idempotent (Delta's <c>txn</c> action): when the table already holds this version, or a later one, of
    /// this application, nothing is written and the outcome says so.</summary>
    public (string AppId, long Version)? Transaction { get; init; }

    /// <summary>Application identifiers that the commit leaves in the table, each once and for all: the write fails with a conflict when one
    /// of them has come meanwhile.</summary>
    internal IReadOnlyList<string> Marks { get; init; } = [];

    /// <summary>The write reads the table itself: what others commit after the version that it read counts as something it should have seen.</summary>
    internal bool ReadsItself { get; init; }

    /// <summary>The write makes the table, and fails with <see cref="Delta.TableExistsException"/> where another has made it meanwhile.</summary>
    internal bool MustCreate { get; init; }

    /// <summary>Our own keys and values, kept in <c>commitInfo.tags</c>.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>The partition columns of a table that this write creates. For a table that exists: empty, or its own.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>Table properties (<c>delta.…</c>) of a table that this write creates.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    /// <summary>Table properties that the write's own commit sets, on a table that exists as on one that it creates.</summary>
    public IReadOnlyDictionary<string, string>? SetProperties { get; init; }

    /// <summary>Columns that the table lacks are added, and types widened where that loses nothing. Otherwise such a write is refused.</summary>
    public bool MergeSchema { get; init; }

    /// <summary>An overwrite also replaces the table's schema and partitioning by the query's.</summary>
    public bool OverwriteSchema { get; init; }

    /// <summary>An overwrite replaces only the partitions that the query has rows for.</summary>
    public bool OverwritePartitions { get; init; }

    /// <summary>An overwrite replaces only the rows for which this boolean SQL expression over the table's columns holds; it must hold
    /// for the query's rows too.</summary>
    public string? ReplaceWhere { get; init; }

    /// <summary>Free text kept in <c>commitInfo.userMetadata</c>.</summary>
    public string? UserMetadata { get; init; }
}

/// <summary>A merge by keys: rows of the source replace, delete or join the table's rows with the same key.</summary>
public sealed record MergeOptions : WriteOptions
{
    /// <summary>The columns that identify a row, in source and table. Null equals null.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>A boolean SQL expression over the source's columns: where true, the table's row with that key goes, and nothing is inserted.</summary>
    public string? DeleteWhen { get; init; }

    /// <summary>Source columns that steer the merge and are not stored.</summary>
    public IReadOnlyList<string> ExceptColumns { get; init; } = [];

    /// <summary>The source gives the same rows however often it is asked while the merge runs, and is cheap to ask: it reads a temporary
    /// table, say. It is then not copied before it is merged.</summary>
    public bool SourceIsStable { get; init; }
}
