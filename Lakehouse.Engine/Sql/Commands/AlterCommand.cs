using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary><c>ALTER TABLE table …</c></summary>
internal sealed class AlterCommand(TableReference table, Func<LakeTable, LakeSession, CancellationToken, Task<CommitResult>> change) : LakeCommand(table)
{
    public const string Usage =
        "ALTER TABLE table SET TBLPROPERTIES ('key' = 'value', …) | UNSET TBLPROPERTIES ('key', …) | ADD COLUMNS (name type, …) | ADD COLUMN name type | RENAME COLUMN path TO name | DROP COLUMN path | ALTER COLUMN path TYPE type | "
        + "ADD CONSTRAINT name CHECK (condition) | DROP CONSTRAINT name | CLUSTER BY (column, …) | CLUSTER BY NONE | DROP FEATURE name [TRUNCATE HISTORY]";

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
            sql.Accept("if", "exists");
            return Unset(sql);
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
            string name = sql.Name();
            return (table, _, token) => table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.ConstraintPrefix + name.ToLowerInvariant()] = null }, token);
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
            return (table, _, token) => table.AddColumnsAsync(columns, token);
        }
        if (sql.Accept("add", "column"))
        {
            string name = sql.Name();
            StructType column = new([CreateCommand.Column(sql, name, sql.Rest(), nullable: true)]);
            return (table, _, token) => table.AddColumnsAsync(column, token);
        }
        throw sql.Wrong("this change is not known");
    }

    private static Func<LakeTable, LakeSession, CancellationToken, Task<CommitResult>> Unset(SqlCursor sql)
    {
        Dictionary<string, string?> unset = [];
        sql.Expect('(');
        do unset[sql.Key()] = null;
        while (sql.Accept(','));
        sql.Expect(')');
        return (table, _, token) => table.SetPropertiesAsync(unset, token);
    }
}
