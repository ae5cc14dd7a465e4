namespace Lakehouse.Engine.Sql.Commands;

/// <summary>A statement that the lake carries out itself, as DuckDB does not know its kind or its tables.</summary>
/// <param name="table">The table that it is about.</param>
internal abstract class LakeCommand(TableReference table)
{
    /// <summary>The table that it is about.</summary>
    public TableReference Table { get; } = table;

    /// <summary>What it does.</summary>
    public virtual LakeStatementKind Kind => LakeStatementKind.Changes;

    /// <summary>Does it, and tells what was done as rows.</summary>
    public abstract Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken);
}
