using Lakehouse.Engine.Sql.Commands;

namespace Lakehouse.Engine.Sql;

/// <summary>What a statement of the lake's own does, as far as a service that runs statements for others must know.</summary>
public enum LakeStatementKind
{
    /// <summary>Reads the log and answers; DuckDB runs nothing of it.</summary>
    Describes,

    /// <summary>Rearranges files, or goes back to an earlier version; DuckDB runs nothing that the statement says.</summary>
    Tends,

    /// <summary>Changes rows or tables; DuckDB runs expressions and queries of the statement.</summary>
    Changes,
}

/// <summary>A statement that the lake carries out itself (<see cref="LakeSession.QueryAsync"/> does so unasked): for services that look at it first.</summary>
public sealed class LakeStatement
{
    private readonly LakeCommand _command;

    private LakeStatement(LakeCommand command) => _command = command;

    /// <summary>What it does.</summary>
    public LakeStatementKind Kind => _command.Kind;

    /// <summary>The table that it is about; null for one outside the lake.</summary>
    public TableName? Table => _command.Table.Name;

    /// <summary>What messages call the table.</summary>
    internal string Target => _command.Table.ToString();

    /// <summary>The statement that a text is; null when it is DuckDB's.</summary>
    /// <exception cref="SqlSyntaxException">It is written wrong.</exception>
    public static async Task<LakeStatement?> FindAsync(Lake lake, string sql, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lake);
        ArgumentNullException.ThrowIfNull(sql);
        return await LakeCommands.FindAsync(lake, sql, cancellationToken).ConfigureAwait(false) is { } command ? new LakeStatement(command) : null;
    }

    /// <summary>Carries it out.</summary>
    /// <returns>A query of constants that gives what was done as rows.</returns>
    public async Task<string> RunAsync(LakeSession session, CancellationToken cancellationToken = default) =>
        (await _command.RunAsync(session, cancellationToken).ConfigureAwait(false)).ToSql();
}
