namespace Lakehouse.Engine;

/// <summary>Which rows a clause of a merge is about.</summary>
public enum MergeRows
{
    /// <summary>A row of the table with a row of the source.</summary>
    Matched,

    /// <summary>A row of the source without one of the table.</summary>
    NotMatched,

    /// <summary>A row of the table without one of the source.</summary>
    NotMatchedBySource,
}

/// <summary>What a clause of a merge does.</summary>
public enum MergeAction
{
    /// <summary>Gives the table's row other values.</summary>
    Update,

    /// <summary>Takes the table's row out.</summary>
    Delete,

    /// <summary>Puts a row in.</summary>
    Insert,
}

/// <summary>A clause of a merge. Of all clauses about a row the first whose condition holds is done.</summary>
public sealed record MergeClause
{
    /// <summary>The rows.</summary>
    public required MergeRows Rows { get; init; }

    /// <summary>What happens.</summary>
    public required MergeAction Action { get; init; }

    /// <summary>A boolean SQL expression over source and target; null = always.</summary>
    public string? Condition { get; init; }

    /// <summary>SQL expressions by column of the table; null = every column by the source's column of the same name.</summary>
    public IReadOnlyDictionary<string, string>? Set { get; init; }
}

/// <summary>A merge in full: any condition, several clauses (Spark's <c>MERGE INTO</c>).</summary>
public sealed record MergeStatement : WriteOptions
{
    /// <summary>The query whose rows are merged.</summary>
    public required string Source { get; init; }

    /// <summary>A boolean SQL expression over source and target that says which rows match.</summary>
    public required string On { get; init; }

    /// <summary>What happens; in this order.</summary>
    public required IReadOnlyList<MergeClause> Clauses { get; init; }

    /// <summary>The table's name in the expressions.</summary>
    public string TargetAlias { get; init; } = "target";

    /// <summary>The source's name in the expressions.</summary>
    public string SourceAlias { get; init; } = "source";
}
