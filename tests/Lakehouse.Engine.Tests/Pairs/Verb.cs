using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Pairs;

/// <summary>Something that commits to a table of the columns <c>id</c>, <c>n</c> and <c>p</c>.</summary>
/// <param name="Name">What failures call it.</param>
/// <param name="RunAsync">Does it.</param>
internal sealed record Verb(string Name, Func<LakeTable, LakeSession, Task> RunAsync)
{
    public static readonly IReadOnlyList<Verb> All =
    [
        Sql("append", "INSERT INTO {0} VALUES (200, 1, 'a')"),
        Sql("append a bad row", "INSERT INTO {0} VALUES (201, 5000, 'b')"),
        Sql("append what it reads", "INSERT INTO {0} SELECT max(id) + 1, count(*), 'a' FROM {0}"),
        Sql("append what is not there", "INSERT INTO {0} SELECT 200, 2, 'b' WHERE 200 NOT IN (SELECT id FROM {0})"),
        Of("append with a column", (table, session) => table.AppendAsync(session.Connection, "SELECT 202 AS id, 1 AS n, 'a' AS p, 5 AS m", new WriteOptions { MergeSchema = true })),
        Of("append once", (table, session) => table.AppendAsync(session.Connection, "SELECT 204 AS id, 1 AS n, 'a' AS p", new WriteOptions { Transaction = ("app", 3) })),
        Sql("overwrite", "INSERT OVERWRITE {0} VALUES (300, 3, 'a')"),
        Sql("overwrite from itself", "INSERT OVERWRITE {0} SELECT id, n + 1, p FROM {0}"),
        Sql("replace where", "INSERT INTO {0} REPLACE WHERE id < 10 SELECT i::INTEGER, 7, 'b' FROM range(3) t(i)"),
        Of("overwrite partitions", (table, session) => table.OverwriteAsync(session.Connection, "SELECT 20 AS id, 8 AS n, 'b' AS p", new WriteOptions { OverwritePartitions = true })),
        Sql("replace the table", "CREATE OR REPLACE TABLE {0} AS SELECT 400 AS id, 4 AS n, 'a' AS p"),
        Sql("delete", "DELETE FROM {0} WHERE id % 3 = 0"),
        Sql("delete a file", "DELETE FROM {0} WHERE id < 20"),
        Sql("delete two", "DELETE FROM {0} WHERE id IN (38, 45)"),
        Sql("delete by others", "DELETE FROM {0} WHERE n >= (SELECT max(n) FROM {0})"),
        Sql("update", "UPDATE {0} SET n = n + 10 WHERE id % 2 = 0"),
        Sql("update keys", "UPDATE {0} SET id = id + 25 WHERE id < 5"),
        Of("merge by key", (table, session) => table.MergeAsync(session.Connection, "SELECT i::INTEGER AS id, 9 AS n, 'a' AS p FROM range(35, 45) t(i)", new MergeOptions { Keys = ["id"] })),
        Sql("merge new ones", "MERGE INTO {0} x USING (SELECT i::INTEGER AS id, 6 AS n, 'b' AS p FROM range(36, 50) t(i)) s ON x.id = s.id WHEN NOT MATCHED THEN INSERT *"),
        Sql("merge greater ones", "MERGE INTO {0} x USING (SELECT i::INTEGER AS id, 5 AS n, 'b' AS p FROM range(30, 50) t(i)) s ON x.id = s.id WHEN MATCHED AND s.n > x.n THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT *"),
        Sql("merge and delete the rest", "MERGE INTO {0} x USING (SELECT i::INTEGER AS id FROM range(0, 30) t(i)) s ON x.id = s.id WHEN MATCHED AND x.id > 25 THEN UPDATE SET n = 11 WHEN NOT MATCHED BY SOURCE THEN DELETE"),
        Sql("truncate", "TRUNCATE TABLE {0}"),
        Sql("optimize", "OPTIMIZE {0}"),
        Sql("z-order", "OPTIMIZE {0} ZORDER BY (id)"),
        Of("purge", (table, session) => table.PurgeAsync(session.Connection)),
        Of("restore", (table, _) => table.RestoreAsync(1)),
        Sql("add a column", "ALTER TABLE {0} ADD COLUMN k INTEGER"),
        Sql("rename a column", "ALTER TABLE {0} RENAME COLUMN n TO m"),
        Sql("drop a column", "ALTER TABLE {0} DROP COLUMN n"),
        Of("drop a column and add it again", async (table, _) =>
        {
            await table.DropColumnAsync("n");
            await table.AddColumnsAsync(new StructType([new StructField("n", PrimitiveType.Integer)]));
        }),
        Sql("add a rule", "ALTER TABLE {0} ADD CONSTRAINT small CHECK (n < 1000 OR n IS NULL)"),
        Sql("widen", "ALTER TABLE {0} ALTER COLUMN n TYPE BIGINT"),
        Sql("no more vectors", "ALTER TABLE {0} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')"),
        Sql("record changes", "ALTER TABLE {0} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"),
        Sql("drop vectors", "ALTER TABLE {0} DROP FEATURE deletionVectors"),
        Sql("drop mapping", "ALTER TABLE {0} DROP FEATURE columnMapping"),
    ];

    public override string ToString() => Name;

    private static Verb Sql(string name, string sql) => Of(name, async (table, session) =>
    {
        using var result = await session.QueryAsync(sql.Replace("{0}", table.Name.ToString(), StringComparison.Ordinal));
        while (result.NextChunk())
        {
            // A command is done when its rows are read.
        }
    });

    private static Verb Of(string name, Func<LakeTable, LakeSession, Task> run) => new(name, run);
}
