namespace Lakehouse.Engine.Sql.Commands;

/// <summary>Tells the lake's commands from DuckDB's statements.</summary>
/// <remarks>A name in two parts is a table of the lake; names in one part are the session's own tables, and DuckDB's.</remarks>
internal static class LakeCommands
{
    private delegate LakeCommand Reader(SqlCursor sql, TableReference table);

    /// <summary>Kinds of statements that DuckDB does not have, but for tables with the names of these words.</summary>
    private static readonly (string[] Words, string Usage, Reader Read)[] Own =
    [
        (["optimize"], OptimizeCommand.Usage, OptimizeCommand.Read),
        (["reorg", "table"], OptimizeCommand.ReorgUsage, OptimizeCommand.ReadReorg),
        (["restore", "table"], RestoreCommand.Usage, RestoreCommand.Read),
        (["restore"], RestoreCommand.Usage, RestoreCommand.Read),
        (["describe", "history"], DescribeHistoryCommand.Usage, DescribeHistoryCommand.Read),
        (["desc", "history"], DescribeHistoryCommand.Usage, DescribeHistoryCommand.Read),
        (["describe", "detail"], DescribeDetailCommand.Usage, DescribeDetailCommand.Read),
        (["desc", "detail"], DescribeDetailCommand.Usage, DescribeDetailCommand.Read),
        (["convert", "to", "delta"], ConvertCommand.Usage, ConvertCommand.Read),
        (["copy", "into"], CopyIntoCommand.Usage, CopyIntoCommand.Read),
        (["create", "table", "if", "not", "exists"], CreateCommand.Usage, (sql, table) => CreateCommand.Read(sql, table, CreateMode.WhereAbsent)),
        (["create", "table"], CreateCommand.Usage, (sql, table) => CreateCommand.Read(sql, table, CreateMode.New)),
        (["create", "or", "replace", "table"], CreateCommand.Usage, (sql, table) => CreateCommand.Read(sql, table, CreateMode.Replace)),
    ];

    /// <summary>Kinds of statements that DuckDB has too, for tables of its own: they are the lake's where the lake has the table.</summary>
    private static readonly (string[] Words, string Usage, Reader Read)[] Shared =
    [
        (["vacuum"], VacuumCommand.Usage, VacuumCommand.Read),
        (["delete", "from"], DeleteCommand.Usage, DeleteCommand.Read),
        (["update"], UpdateCommand.Usage, UpdateCommand.Read),
        (["truncate", "table"], TruncateCommand.Usage, TruncateCommand.Read),
        (["truncate"], TruncateCommand.Usage, TruncateCommand.Read),
        (["insert", "into", "table"], InsertCommand.Usage, (sql, table) => InsertCommand.Read(sql, table, overwrites: false)),
        (["insert", "into"], InsertCommand.Usage, (sql, table) => InsertCommand.Read(sql, table, overwrites: false)),
        (["insert", "overwrite", "table"], InsertCommand.Usage, (sql, table) => InsertCommand.Read(sql, table, overwrites: true)),
        (["insert", "overwrite"], InsertCommand.Usage, (sql, table) => InsertCommand.Read(sql, table, overwrites: true)),
        (["merge", "into"], MergeCommand.Usage, MergeCommand.Read),
        (["drop", "table", "if", "exists"], "", Drop),
        (["drop", "table"], "", Drop),
        (["alter", "table"], AlterCommand.Usage, AlterCommand.Read),
    ];

    /// <summary>The command that a statement is; null when it is DuckDB's.</summary>
    /// <exception cref="SqlSyntaxException">It is a command, but written wrong.</exception>
    public static async Task<LakeCommand?> FindAsync(Lake lake, string statement, CancellationToken cancellationToken)
    {
        List<SqlToken> tokens = SqlTokenizer.Tokenize(statement.TrimEnd().TrimEnd(';'));
        int verb = SkipWith(tokens);
        string with = verb == 0 ? "" : statement[tokens[0].Start..tokens[verb].Start];
        tokens.RemoveRange(0, verb);
        foreach ((string[] words, string usage, Reader read) in with.Length > 0 ? [] : Own)
        {
            SqlCursor sql = new(statement, tokens) { Usage = usage };
            if (sql.Accept(words) && sql.TryTable() is { } table) return read(sql, table);
        }
        foreach ((string[] words, string usage, Reader read) in Shared)
        {
            SqlCursor sql = new(statement, tokens) { Usage = usage, With = with };
            if (!sql.Accept(words) || sql.TryTable() is not { } table) continue;
            bool isOurs = table.Folder is not null || await table.In(lake).TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is not null;
            if (!isOurs) return null;
            if (with.Length > 0 && words[0] != "insert") throw new SqlSyntaxException($"a WITH goes into the query that uses it, not before {words[0].ToUpperInvariant()}. Write: {usage}", statement, 0);
            return read(sql, table);
        }
        return null;
    }

    /// <summary>The token at which a statement begins behind its common table expressions, where that changes rows; else the first.</summary>
    private static int SkipWith(IReadOnlyList<SqlToken> tokens)
    {
        if (tokens.Count == 0 || !tokens[0].IsWord("with")) return 0;
        int depth = 0;
        for (int i = 1; i < tokens.Count; i++)
        {
            if (tokens[i].Is('(')) depth++;
            else if (tokens[i].Is(')')) depth--;
            else if (depth == 0 && (tokens[i].IsWord("insert") || tokens[i].IsWord("update") || tokens[i].IsWord("delete") || tokens[i].IsWord("merge"))) return i;
            else if (depth == 0 && (tokens[i].IsWord("select") || tokens[i].IsWord("from"))) return 0;
        }
        return 0;
    }

    /// <summary>Nothing takes a lake's rows away for good but what its owner does to the files.</summary>
    private static LakeCommand Drop(SqlCursor sql, TableReference table) =>
        throw new EngineException($"Tables of a lake are not dropped: TRUNCATE TABLE {table} takes its rows out, and RESTORE brings them back. To be rid of the table and its history, delete its folder.", table.ToString());
}
