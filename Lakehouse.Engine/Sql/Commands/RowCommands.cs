using Lakehouse.Delta;
using Lakehouse.Engine.Dml;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary><c>DELETE FROM table</c></summary>
internal sealed class DeleteCommand(TableReference table, string alias, string? where) : LakeCommand(table)
{
    public const string Usage = "DELETE FROM table [AS alias] [WHERE condition]";

    public static DeleteCommand Read(SqlCursor sql, TableReference table)
    {
        string alias = sql.Alias("where") ?? table.Name?.Name ?? "target";
        string? where = sql.Accept("where") ? sql.Rest() : null;
        sql.ExpectEnd();
        return new DeleteCommand(table, alias, where);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        CommitResult result = await SelfReads.RunAsync(session, Table.In(session.Lake), new WriteOptions(), [where], BindAsync, cancellationToken).ConfigureAwait(false);
        return CommandRows.Of(result, "numDeletedRows");

        async Task<RowStatement> BindAsync(IReadOnlyDictionary<TableName, long>? versions) =>
            new DeleteStatement(await session.BindExpressionAsync(where ?? "true", versions, cancellationToken).ConfigureAwait(false), alias);
    }
}

/// <summary><c>UPDATE table SET …</c></summary>
internal sealed class UpdateCommand(TableReference table, string alias, IReadOnlyDictionary<string, string> assignments, string? where) : LakeCommand(table)
{
    public const string Usage = "UPDATE table [AS alias] SET column = expression, … [WHERE condition]; to update from another table use MERGE INTO";

    public static UpdateCommand Read(SqlCursor sql, TableReference table)
    {
        string alias = sql.Alias("set") ?? table.Name?.Name ?? "target";
        sql.Expect("set");
        IReadOnlyDictionary<string, string> assignments = Assignments.Read(sql, alias, "where", "from");
        string? where = sql.Accept("where") ? sql.Rest() : null;
        sql.ExpectEnd();
        return new UpdateCommand(table, alias, assignments, where);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        CommitResult result = await SelfReads.RunAsync(session, Table.In(session.Lake), new WriteOptions(), assignments.Values.Append(where), BindAsync, cancellationToken).ConfigureAwait(false);
        return CommandRows.Of(result, "numUpdatedRows");

        async Task<RowStatement> BindAsync(IReadOnlyDictionary<TableName, long>? versions)
        {
            string? condition = where is null ? null : await session.BindExpressionAsync(where, versions, cancellationToken).ConfigureAwait(false);
            return new UpdateStatement(await Assignments.BindAsync(session, assignments, versions, cancellationToken).ConfigureAwait(false), condition, alias);
        }
    }
}

/// <summary><c>TRUNCATE TABLE table</c></summary>
internal sealed class TruncateCommand(TableReference table) : LakeCommand(table)
{
    public const string Usage = "TRUNCATE TABLE table";

    public static TruncateCommand Read(SqlCursor sql, TableReference table)
    {
        sql.ExpectEnd();
        return new TruncateCommand(table);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken) =>
        CommandRows.Of(await Table.In(session.Lake).TruncateAsync(null, cancellationToken).ConfigureAwait(false), "numRemovedFiles");
}

/// <summary><c>INSERT INTO table …</c>, <c>INSERT OVERWRITE table …</c></summary>
internal sealed class InsertCommand(TableReference table, InsertCommand.Rows rows) : LakeCommand(table)
{
    public const string Usage = "INSERT INTO | INSERT OVERWRITE table [(columns)] [BY NAME] query, or INSERT INTO table REPLACE WHERE condition query";

    /// <summary>What comes, and in place of what.</summary>
    internal sealed record Rows(string Query, IReadOnlyList<string>? Columns, bool ByName, bool Overwrites, string? ReplaceWhere);

    public static InsertCommand Read(SqlCursor sql, TableReference table, bool overwrites)
    {
        // The bracket may be a query's, too.
        IReadOnlyList<string>? columns = sql.IsNext('(') && !sql.IsNextQuery() ? sql.Names() : null;
        bool byName = sql.Accept("by", "name");
        string? where = null;
        if (!overwrites && sql.Accept("replace"))
        {
            sql.Expect("where");
            where = sql.TextUntil(false, "select", "values", "with", "from", "table");
        }
        return new InsertCommand(table, new Rows(sql.With + sql.Rest(), columns, byName, overwrites, where));
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        LakeTable target = Table.In(session.Lake);
        WriteOptions options = new() { ReplaceWhere = rows.ReplaceWhere };
        CommitResult result = rows.ReplaceWhere is { } where
            ? await SelfReads.RunAsync(session, target, options, [rows.Query], async versions => new ReplaceStatement(await BindAsync(versions).ConfigureAwait(false), where), cancellationToken).ConfigureAwait(false)
            : await SelfReads.WriteAsync(session, target, options, rows.Query, BindAsync, rows.Overwrites, cancellationToken).ConfigureAwait(false);
        return CommandRows.Of(result, "numOutputRows", rows.ReplaceWhere is null ? "numFiles" : "numAddedFiles", "numRemovedFiles");

        async Task<string> BindAsync(IReadOnlyDictionary<TableName, long>? versions)
        {
            string query = await session.BindAsync(rows.Query, versions, cancellationToken).ConfigureAwait(false);
            return rows.ByName ? query : await ByPositionAsync(session, await target.SnapshotAsync(null, cancellationToken).ConfigureAwait(false), query, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>SQL's INSERT goes by position, ours by name: the query's columns get the table's names, and its types as DuckDB casts them.</summary>
    private async Task<string> ByPositionAsync(LakeSession session, Snapshot snapshot, string query, CancellationToken cancellationToken)
    {
        List<StructField> fields = [];
        if (rows.Columns is null) fields.AddRange(snapshot.Schema.Fields.Where(field => RowRules.Generated(field) is null && field.Type != PrimitiveType.Void));
        else
            foreach (string column in rows.Columns)
                fields.Add(snapshot.Schema.Find(column) ?? throw new SchemaNotAcceptedException($"INSERT into {Table}: there is no column '{column}'.", Table.ToString()));
        int given = (await ParquetStager.ColumnsAsync(session.Connection, query, cancellationToken).ConfigureAwait(false)).Count;
        if (given != fields.Count)
            throw new SchemaNotAcceptedException($"INSERT into {Table}: the query gives {given} columns for {fields.Count} ({string.Join(", ", fields.Select(field => field.Name))}). Name the columns, INSERT INTO {Table} (…), or write BY NAME.", Table.ToString());
        string casts = string.Join(", ", fields.Select((field, i) => $"CAST(c{i} AS {DeltaTypes.ToDuckDb(field.Type)}) AS {SqlText.Name(field.Name)}"));
        return $"SELECT {casts} FROM (\n{query}\n) AS given({string.Join(", ", fields.Select((_, i) => $"c{i}"))})";
    }
}

/// <summary><c>MERGE INTO table USING …</c></summary>
internal sealed class MergeCommand(TableReference table, MergeStatement merge) : LakeCommand(table)
{
    public const string Usage = "MERGE INTO table [AS alias] USING source [AS alias] ON condition WHEN [NOT] MATCHED [BY SOURCE] [AND condition] THEN UPDATE SET … | DELETE | INSERT …";

    public static MergeCommand Read(SqlCursor sql, TableReference table)
    {
        string target = sql.Alias("using") ?? table.Name?.Name ?? "target";
        sql.Expect("using");
        (string source, string? named) = Source(sql);
        string alias = sql.Alias("on") ?? named ?? "source";
        sql.Expect("on");
        string on = sql.TextUntil(false, "when");
        List<MergeClause> clauses = [];
        while (!sql.AtEnd) clauses.Add(Clause(sql, target));
        return new MergeCommand(table, new MergeStatement { Source = source, On = on, Clauses = clauses, TargetAlias = target, SourceAlias = alias });
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        IEnumerable<string?> sql = [merge.Source, merge.On, .. merge.Clauses.Select(clause => clause.Condition), .. merge.Clauses.SelectMany(clause => clause.Set?.Values ?? [])];
        CommitResult result = await SelfReads.RunAsync(session, Table.In(session.Lake), merge, sql, BindAsync, cancellationToken).ConfigureAwait(false);
        return CommandRows.Of(result, "numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted");

        async Task<RowStatement> BindAsync(IReadOnlyDictionary<TableName, long>? versions)
        {
            // The source first: what its own conditions leave out must be there again where an expression reads the same table.
            MergeStatement bound = merge with { Source = await session.BindAsync(merge.Source, versions, cancellationToken).ConfigureAwait(false) };
            bound = bound with { On = await session.BindExpressionAsync(merge.On, versions, cancellationToken).ConfigureAwait(false), Clauses = await ClausesAsync(session, versions, cancellationToken).ConfigureAwait(false) };
            return new MergeRowStatement(bound, []);
        }
    }

    private async Task<IReadOnlyList<MergeClause>> ClausesAsync(LakeSession session, IReadOnlyDictionary<TableName, long>? versions, CancellationToken cancellationToken)
    {
        List<MergeClause> clauses = [];
        foreach (MergeClause clause in merge.Clauses)
        {
            clauses.Add(clause with
            {
                Condition = clause.Condition is null ? null : await session.BindExpressionAsync(clause.Condition, versions, cancellationToken).ConfigureAwait(false),
                Set = clause.Set is null ? null : await Assignments.BindAsync(session, clause.Set, versions, cancellationToken).ConfigureAwait(false),
            });
        }
        return clauses;
    }

    /// <summary>A query in brackets, a table, or a table function; with the name that it has by itself.</summary>
    private static (string Sql, string? Name) Source(SqlCursor sql)
    {
        if (sql.IsNext('(')) return (sql.Bracketed(), null);
        int start = sql.Position;
        string? name = null;
        if (sql.TryTable() is { } table)
        {
            sql.Moment();
            name = table.Name?.Name;
        }
        else
        {
            name = sql.Path();
            if (sql.IsNext('(')) sql.Bracketed();
        }
        return ($"SELECT * FROM {sql.TextFrom(start)}", name);
    }

    private static MergeClause Clause(SqlCursor sql, string target)
    {
        sql.Expect("when");
        MergeRows rows = MergeRows.Matched;
        if (sql.Accept("not"))
        {
            sql.Expect("matched");
            rows = sql.Accept("by", "source") ? MergeRows.NotMatchedBySource : MergeRows.NotMatched;
            if (rows == MergeRows.NotMatched) sql.Accept("by", "target");
        }
        else sql.Expect("matched");
        string? condition = sql.Accept("and") ? sql.TextUntil(false, "then") : null;
        sql.Expect("then");
        if (sql.Accept("delete")) return new MergeClause { Rows = rows, Action = MergeAction.Delete, Condition = condition };
        if (sql.Accept("update"))
        {
            sql.Expect("set");
            return new MergeClause { Rows = rows, Action = MergeAction.Update, Condition = condition, Set = sql.Accept('*') ? null : Assignments.Read(sql, target, "when") };
        }
        sql.Expect("insert");
        return new MergeClause { Rows = rows, Action = MergeAction.Insert, Condition = condition, Set = sql.Accept('*') ? null : Inserted(sql) };
    }

    private static Dictionary<string, string> Inserted(SqlCursor sql)
    {
        IReadOnlyList<string> columns = sql.Names();
        sql.Expect("values");
        sql.Expect('(');
        Dictionary<string, string> set = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < columns.Count; i++)
        {
            if (i > 0) sql.Expect(',');
            set[columns[i]] = sql.TextUntil(commas: true);
        }
        sql.Expect(')');
        return set;
    }
}

/// <summary><c>column = expression, …</c></summary>
internal static class Assignments
{
    public static IReadOnlyDictionary<string, string> Read(SqlCursor sql, string alias, params ReadOnlySpan<string> until)
    {
        Dictionary<string, string> assignments = new(StringComparer.OrdinalIgnoreCase);
        do
        {
            string column = sql.Path();
            if (column.StartsWith(alias + ".", StringComparison.OrdinalIgnoreCase)) column = column[(alias.Length + 1)..];
            sql.Expect('=');
            if (!assignments.TryAdd(column, sql.TextUntil(commas: true, until))) throw sql.Wrong($"column '{column}' is assigned twice");
        }
        while (sql.Accept(','));
        return assignments;
    }

    /// <summary>Makes readable what the expressions read.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> BindAsync(LakeSession session, IReadOnlyDictionary<string, string> assignments, IReadOnlyDictionary<TableName, long>? versions, CancellationToken cancellationToken)
    {
        Dictionary<string, string> bound = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string column, string expression) in assignments)
            bound[column] = await session.BindExpressionAsync(expression, versions, cancellationToken).ConfigureAwait(false);
        return bound;
    }
}
