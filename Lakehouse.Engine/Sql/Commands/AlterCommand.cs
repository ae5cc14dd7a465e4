using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary><c>ALTER TABLE table …</c></summary>
internal sealed class AlterCommand(TableReference table, Func<LakeTable, LakeSession, CancellationToken, Task<CommitResult>> change) : LakeCommand(table)
{
    public const string Usage =
        "ALTER TABLE table SET TBLPROPERTIES ('key' = 'value', …) | UNSET TBLPROPERTIES [IF EXISTS] ('key', …) | ADD COLUMNS (name type, …) | ADD COLUMN name type | RENAME COLUMN path TO name | DROP COLUMN path | ALTER COLUMN path TYPE type | "
        + "ADD CONSTRAINT name CHECK (condition) | DROP CONSTRAINT [IF EXISTS] name | CLUSTER BY (column, …) | CLUSTER BY NONE | DROP FEATURE name [TRUNCATE HISTORY]";

    public static AlterCommand Read(SqlCursor sql, TableReference table)
    {
        AlterCommand command = new(table, Change(sql));
        sql.ExpectEnd();
        return command;
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken) =>
        CommandRows.Of(await change(Table.In(session.Lake), session, cancellationToken).ConfigureAwait(false));

    private static Func<LakeTable, LakeSession, CancellationToken, Task<CommitResult>> Change(SqlCursor sql)
    {
        if (sql.Accept("set", "tblproperties"))
        {
            Dictionary<string, string?> set = sql.Pairs().ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
            return (table, _, token) => table.SetPropertiesAsync(set, token);
        }
        if (sql.Accept("unset", "tblproperties"))
        {
            bool mayBeAbsent = sql.Accept("if", "exists");
            List<string> keys = [];
            sql.Expect('(');
            do keys.Add(sql.Key());
            while (sql.Accept(','));
            sql.Expect(')');
            return (table, _, token) => UnsetAsync(table, keys, mayBeAbsent, key => $"has no property '{key}'", token);
        }
        if (sql.Accept("cluster", "by"))
        {
            IReadOnlyList<string> columns = sql.Accept("none") ? [] : sql.Names(paths: true);
            return (table, _, token) => table.ClusterByAsync(columns, token);
        }
        if (sql.Accept("rename", "column"))
        {
            string path = sql.Path();
            sql.Expect("to");
            string name = sql.Name();
            return (table, _, token) => table.RenameColumnAsync(path, name, token);
        }
        if (sql.Accept("drop", "column"))
        {
            string path = sql.Path();
            return (table, _, token) => table.DropColumnAsync(path, token);
        }
        if (sql.Accept("drop", "constraint"))
        {
            bool mayBeAbsent = sql.Accept("if", "exists");
            string name = sql.Name();
            return (table, _, token) => UnsetAsync(table, [TableProperties.ConstraintPrefix + name.ToLowerInvariant()], mayBeAbsent, _ => $"has no constraint '{name}'", token);
        }
        if (sql.Accept("drop", "feature"))
        {
            string feature = sql.Name();
            bool truncates = sql.Accept("truncate", "history");
            return (table, session, token) => table.DropFeatureAsync(session.Connection, feature, truncates, token);
        }
        if (sql.Accept("alter", "column") || sql.Accept("change", "column"))
        {
            string path = sql.Path();
            sql.Expect("type");
            DeltaType type = CreateCommand.Column(sql, path, sql.Rest(), nullable: true).Type;
            return (table, _, token) => table.ChangeColumnTypeAsync(path, type, token);
        }
        if (sql.Accept("add", "constraint"))
        {
            string name = sql.Name();
            sql.Expect("check");
            string condition = sql.Bracketed();
            return (table, session, token) => table.AddConstraintAsync(session.Connection, name, condition, token);
        }
        if (sql.Accept("add", "columns"))
        {
            StructType columns = new(CreateCommand.Columns(sql));
            return (table, _, token) => AddAsync(table, columns, token);
        }
        if (sql.Accept("add", "column"))
        {
            string name = sql.Name();
            StructType column = new([CreateCommand.Column(sql, name, sql.Rest(), nullable: true)]);
            return (table, _, token) => AddAsync(table, column, token);
        }
        throw sql.Wrong("this change is not known");
    }

    private static async Task<CommitResult> AddAsync(LakeTable table, StructType columns, CancellationToken cancellationToken)
    {
        Snapshot snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
        return columns.Fields.FirstOrDefault(column => snapshot.Schema.Find(column.Name) is not null) is { } present
            ? throw new SchemaNotAcceptedException($"Table {table} has a column '{present.Name}' already, of type {snapshot.Schema.Find(present.Name)!.Type}.", table.ToString())
            : await table.AddColumnsAsync(columns, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes properties away. Nothing is committed where none of them is there.</summary>
    private static async Task<CommitResult> UnsetAsync(LakeTable table, IReadOnlyList<string> keys, bool mayBeAbsent, Func<string, string> absence, CancellationToken cancellationToken)
    {
        Snapshot snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
        List<string> present = [.. keys.Where(snapshot.Configuration.ContainsKey)];
        if (!mayBeAbsent && keys.FirstOrDefault(key => !present.Contains(key)) is { } absent)
            throw new TableNotUsableException($"Table {table} {absence(absent)}. With IF EXISTS that is no error.", table.ToString());
        return present.Count == 0
            ? new CommitResult(snapshot.Version, 0, snapshot)
            : await table.SetPropertiesAsync(present.ToDictionary(key => key, _ => (string?)null), cancellationToken).ConfigureAwait(false);
    }
}
