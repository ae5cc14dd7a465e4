namespace Lakehouse.Engine.Sql.Commands;

/// <summary>A statement that the lake carries out itself, as DuckDB does not know its kind or its tables.</summary>
internal abstract class LakeCommand
{
    /// <summary>Does it, and tells what was done as rows.</summary>
    public abstract Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken);
}
