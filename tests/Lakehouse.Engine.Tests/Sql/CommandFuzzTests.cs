using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Tests.Sql;

/// <summary>Whatever is typed is a command, DuckDB's, or refused with its place: never a crash.</summary>
public sealed class CommandFuzzTests
{
    private static readonly string[] Words =
    [
        "OPTIMIZE", "VACUUM", "RESTORE", "TABLE", "DESCRIBE", "HISTORY", "DETAIL", "COPY", "INTO", "INSERT", "OVERWRITE", "UPDATE", "SET", "DELETE", "FROM", "MERGE", "USING", "ON", "WHEN", "NOT", "MATCHED", "BY",
        "SOURCE", "THEN", "CREATE", "OR", "REPLACE", "IF", "EXISTS", "AS", "SELECT", "VALUES", "WHERE", "ZORDER", "TO", "VERSION", "TIMESTAMP", "OF", "FOR", "AT", "ALTER", "ADD", "COLUMN", "COLUMNS", "DROP", "RENAME",
        "CONSTRAINT", "CHECK", "TBLPROPERTIES", "CLONE", "SHALLOW", "DEEP", "RETAIN", "HOURS", "DRY", "RUN", "CASE", "END", "REORG", "APPLY", "PURGE", "FILEFORMAT", "CSV", "FORMAT_OPTIONS", "CLUSTER", "NONE", "TRUNCATE",
        "t.a", "t.b", "delta.`/x`", "'/no/such'", "a", "b.c.d", "1", "99999999999999999999", "'x'", "(", ")", ",", "=", "=>", "*", ";", ".", "`", "\"", "'", "--", "/*", "$1", "[", "]", "é",
    ];

    /// <summary>Beginnings from which a random end goes further than from nothing.</summary>
    private static readonly string[] Beginnings =
    [
        "", "OPTIMIZE t.a", "VACUUM t.a", "RESTORE TABLE t.a TO", "COPY INTO t.a FROM '/x'", "INSERT INTO t.a", "UPDATE t.a SET a =", "DELETE FROM t.a", "MERGE INTO t.a USING t.b ON true WHEN", "CREATE TABLE t.c (",
        "CREATE OR REPLACE TABLE t.a", "ALTER TABLE t.a", "DESCRIBE HISTORY t.a", "SELECT * FROM t.a", "REORG TABLE t.a",
    ];

    [Theory]
    [InlineData(20261122)]
    public async Task Garbage_is_refused_or_left_to_DuckDB(int seed)
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id");
        var random = new Random(seed);
        int refused = 0, understood = 0;
        for (int i = 0; i < 10_000; i++)
        {
            string sql = Beginnings[random.Next(Beginnings.Length)] + string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => (random.Next(5) == 0 ? "" : " ") + Words[random.Next(Words.Length)]));
            try
            {
                if (await LakeStatement.FindAsync(lake.Lake, sql, TestContext.Current.CancellationToken) is not null) understood++;
                TimeTravel.Rewrite(sql, _ => 0);
            }
            catch (SqlSyntaxException error)
            {
                Assert.InRange(error.Position, 0, sql.Length);
                refused++;
            }
            catch (EngineException)
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"Seed {seed}, input {i}: {sql}\n{error}");
            }
        }
        // The seed reaches both.
        Assert.True(refused > 1000 && understood > 500, $"{refused} refused, {understood} understood");
    }
}
