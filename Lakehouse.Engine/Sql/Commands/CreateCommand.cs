using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary>What a CREATE does where the table is there.</summary>
internal enum CreateMode { New, WhereAbsent, Replace }

/// <summary><c>CREATE TABLE table …</c>: from a query, from columns, or as a clone.</summary>
internal sealed class CreateCommand(TableReference table, CreateMode mode, CreateCommand.Contents contents) : LakeCommand(table)
{
    public const string Usage =
        "CREATE [OR REPLACE] TABLE [IF NOT EXISTS] schema.table [(column type [NOT NULL], …)] [USING DELTA] [PARTITIONED BY (columns)] [TBLPROPERTIES ('key' = 'value')] [AS query], "
        + "or CREATE TABLE schema.table SHALLOW | DEEP CLONE table [VERSION AS OF n]";

    /// <summary>What the new table is made of: one of columns, query and source.</summary>
    internal sealed record Contents
    {
        public IReadOnlyList<StructField>? Columns { get; init; }

        public string? Query { get; init; }

        public (TableReference Table, TableMoment? Moment, bool Deep)? Source { get; init; }

        public IReadOnlyList<string> PartitionBy { get; init; } = [];

        public IReadOnlyDictionary<string, string>? Properties { get; init; }
    }

    public static CreateCommand Read(SqlCursor sql, TableReference table, CreateMode mode)
    {
        Contents contents = new();
        if (sql.IsNext("shallow") || sql.IsNext("deep") || sql.IsNext("clone"))
        {
            bool deep = !sql.Accept("shallow");
            sql.Accept("deep");
            sql.Expect("clone");
            TableReference source = sql.Table();
            contents = contents with { Source = (source, sql.Moment(), deep) };
            sql.ExpectEnd();
            return new CreateCommand(table, mode, contents);
        }
        if (sql.IsNext('(') && !sql.IsNextQuery()) contents = contents with { Columns = Columns(sql) };
        while (!sql.AtEnd && !sql.Accept("as"))
        {
            if (sql.Accept("using")) sql.Expect("delta");
            else if (sql.Accept("partitioned", "by")) contents = contents with { PartitionBy = sql.Names() };
            else if (sql.Accept("tblproperties")) contents = contents with { Properties = sql.Pairs() };
            else throw sql.Wrong("this is not understood");
            if (sql.AtEnd && contents.Columns is null) throw sql.Wrong("columns or a query are expected");
        }
        if (!sql.AtEnd) contents = contents with { Query = sql.Rest() };
        if (contents.Columns is null == contents.Query is null) throw sql.Wrong("either columns or a query are expected");
        return new CreateCommand(table, mode, contents);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await TryRunAsync(session, cancellationToken).ConfigureAwait(false);
            }
            catch (TableExistsException) when (mode != CreateMode.New && contents.Source is null && attempt < session.Lake.Options.MaxAttempts)
            {
                // Another made it meanwhile: now it is there.
            }
        }
    }

    private async Task<CommandRows> TryRunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        LakeTable target = Table.In(session.Lake);
        Snapshot? present = await target.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        if (present is not null && mode == CreateMode.WhereAbsent) return new CommandRows(("version", "BIGINT")).Add(present.Version);
        if (present is not null && mode == CreateMode.New) throw new TableExistsException(target.ToString());
        if (contents.Source is { } source)
        {
            if (present is not null) throw new TableExistsException(target.ToString());
            LakeTable original = source.Table.In(session.Lake);
            long version = (await (source.Moment ?? default).SnapshotAsync(original, cancellationToken).ConfigureAwait(false)).Version;
            return CommandRows.Of(await target.CloneAsync(original, version, source.Deep, cancellationToken).ConfigureAwait(false), "sourceNumOfFiles", "sourceTableSize");
        }
        CommitResult result;
        if (contents.Query is { } query)
        {
            WriteOptions options = new() { Operation = present is null ? "CREATE TABLE AS SELECT" : "REPLACE TABLE AS SELECT", PartitionBy = contents.PartitionBy, OverwriteSchema = true };
            options = present is null ? options with { Properties = contents.Properties, MustCreate = true } : options with { SetProperties = contents.Properties };
            result = await SelfReads.WriteAsync(session, target, options, query, versions => session.BindAsync(query, versions, cancellationToken), overwrite: present is not null, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            if (present is not null) throw new TableNotUsableException($"Table {target} is there; it can be replaced by a query: CREATE OR REPLACE TABLE {target} AS SELECT ….", target.ToString());
            result = await target.CreateAsync(new StructType(contents.Columns!), contents.PartitionBy, contents.Properties, null, cancellationToken).ConfigureAwait(false);
        }
        return CommandRows.Of(result, "numOutputRows", "numFiles");
    }

    /// <summary><c>(name type [NOT NULL], …)</c> in DuckDB's types.</summary>
    public static List<StructField> Columns(SqlCursor sql)
    {
        List<StructField> fields = [];
        sql.Expect('(');
        do
        {
            string name = sql.Name();
            if (fields.Exists(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) throw sql.Wrong($"the column '{name}' is named twice");
            string type = sql.TextUntil(commas: true, "not", "null", "default", "generated", "comment", "primary", "check", "unique", "references");
            bool nullable = true;
            if (sql.Accept("not", "null")) nullable = false;
            else sql.Accept("null");
            if (!sql.IsNext(',') && !sql.IsNext(')')) throw sql.Wrong($"of column '{name}' only the type and NOT NULL can be said here");
            fields.Add(Column(sql, name, type, nullable));
        }
        while (sql.Accept(','));
        sql.Expect(')');
        return fields;
    }

    /// <summary>A column of a type in DuckDB's words.</summary>
    public static StructField Column(SqlCursor sql, string name, string type, bool nullable)
    {
        try
        {
            return new StructField(name, DeltaTypes.FromDuckDb(DuckDbType.Parse(type)), nullable);
        }
        catch (FormatException exception)
        {
            throw sql.Wrong($"the type of column '{name}' is not understood: {exception.Message}");
        }
    }
}
