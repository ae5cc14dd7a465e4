using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Scan;

/// <summary>Tables whose files have several row groups are scanned in ways of their own: by the files' own schemas, and by several
/// threads.</summary>
public sealed class LargeFileScanTests
{
    private const int Rows = 130_000;

    // The first and last rows of vectors and of row groups, and some between.
    private const string Gone = "i % 10000 IN (2047, 2048, 2049) OR i IN (0, 1, 122879, 122880, 122881, 129999)";

    private const string Select = "range AS i, (range % 7)::INTEGER AS g, 'row ' || range AS t";

    private static readonly string[] Questions =
    [
        "SELECT count(*) FROM {0}",
        "SELECT count(*), sum(i), min(i), max(i), min(t), max(t) FROM {0}",
        "SELECT g, count(*), sum(i) FROM {0} WHERE i > 1000 GROUP BY g ORDER BY g",
        "SELECT i, t FROM {0} WHERE i BETWEEN 2040 AND 2055 OR i BETWEEN 122870 AND 122890 ORDER BY i",
        "SELECT * FROM {0} ORDER BY i DESC LIMIT 5",
        "SELECT count(*) FROM {0} WHERE g = 3 AND t LIKE '%47'",
        "SELECT a.g, count(*) FROM {0} a JOIN (SELECT i FROM {0} WHERE i % 1000 < 50) b USING (i) GROUP BY 1 ORDER BY 1",
    ];

    [Theory]
    [InlineData(1, "")]
    [InlineData(3, "")]
    [InlineData(1, "name")]
    [InlineData(3, "name")]
    public async Task Deleted_rows_are_gone_from_every_kind_of_question(int files, string mapping)
    {
        await using var lake = new TestLake();
        var table = await AppendAsync(lake, files, mapping.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["delta.columnMapping.mode"] = mapping });
        await table.DeleteAsync(lake.Connection, Gone, cancellationToken: TestContext.Current.CancellationToken);
        await CompareAsync(lake, files, $"NOT (({Gone.Replace("i ", "range ", StringComparison.Ordinal)}))");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_newest_row_of_some_keys_is_found_beside_deleted_rows(int files)
    {
        // DuckDB fetches most columns of such rows later, by their file and number. It fails where a condition on one of these alone was
        // tested inside the scan, which then gives the column no longer (INTERNAL Error: Failed to bind column reference).
        const string Columns = "range AS i, (range % 70)::INTEGER AS g, 'row ' || range AS t, range + 1 AS a, range + 2 AS b, range + 3 AS c";
        await using var lake = new TestLake();
        var table = lake.Table("silver.rows");
        for (var file = 0; file < files; file++)
            await table.AppendAsync(lake.Connection, $"SELECT {Columns} FROM range({file * Rows}, {(file + 1) * Rows})", cancellationToken: TestContext.Current.CancellationToken);
        await table.DeleteAsync(lake.Connection, "i % 100 > 90", cancellationToken: TestContext.Current.CancellationToken);
        lake.Connection.Execute($"CREATE TEMP TABLE plain AS SELECT {Columns} FROM range({files * Rows}) WHERE range % 100 <= 90");
        const string Question = """
            WITH wanted AS (SELECT (range * 7)::INTEGER AS k, max(range) AS since FROM range(10) GROUP BY ALL)
            SELECT newest.g, newest.t, newest.a, newest.b, newest.c
            FROM (SELECT known.*, row_number() OVER (PARTITION BY g ORDER BY i DESC) AS n FROM {0} known WHERE g IN (SELECT k FROM wanted)) newest
            JOIN wanted ON wanted.k = newest.g WHERE newest.n = 1 ORDER BY newest.g
            """;
        Assert.Equal(await lake.RowsAsync(string.Format(null, Question, "plain")), await lake.RowsAsync(string.Format(null, Question, "silver.rows")));
    }

    [Fact]
    public async Task A_file_may_lose_all_its_rows_beside_files_that_lose_none()
    {
        await using var lake = new TestLake();
        var table = await AppendAsync(lake, 3);
        // But for one row, which goes by a vector of its own.
        await table.DeleteAsync(lake.Connection, $"i BETWEEN {Rows} AND {(2 * Rows) - 2}", cancellationToken: TestContext.Current.CancellationToken);
        await table.DeleteAsync(lake.Connection, $"i = {(2 * Rows) - 1}", cancellationToken: TestContext.Current.CancellationToken);
        await CompareAsync(lake, 3, $"range // {Rows} <> 1");
    }

    [Fact]
    public async Task Files_that_lack_a_column_or_hold_a_narrower_type_are_read_in_the_tables_schema()
    {
        await using var lake = new TestLake();
        var table = lake.Table("silver.rows");
        var options = new WriteOptions { MergeSchema = true, Properties = new Dictionary<string, string> { [TableProperties.EnableTypeWidening] = "true" } };
        await table.AppendAsync(lake.Connection, $"SELECT range::INTEGER AS i, 1::INTEGER AS n FROM range({Rows})", options, TestContext.Current.CancellationToken);
        var answers = new List<string> { Assert.Single(await lake.RowsAsync("SELECT count(*), sum(i), sum(n) FROM silver.rows")) };
        await table.AppendAsync(lake.Connection, $"SELECT range::INTEGER AS i, 5000000000 AS n, 'new' AS t FROM range({Rows})", options, TestContext.Current.CancellationToken);
        answers.Add(Assert.Single(await lake.RowsAsync("SELECT count(*), sum(i), sum(n), count(t), max(typeof(n)) FROM silver.rows")));
        await table.AppendAsync(lake.Connection, $"SELECT range::INTEGER AS i, 5000000000 AS n, 'new' AS t FROM range({Rows})", options, TestContext.Current.CancellationToken);
        answers.Add(Assert.Single(await lake.RowsAsync("SELECT count(*), sum(i), sum(n), count(t), max(typeof(n)) FROM silver.rows")));
        long sum = (long)Rows * (Rows - 1) / 2, large = 5_000_000_000L * Rows;
        Assert.Equal([$"{Rows}|{sum}|{Rows}", $"{2 * Rows}|{2 * sum}|{large + Rows}|{Rows}|BIGINT", $"{3 * Rows}|{3 * sum}|{(2 * large) + Rows}|{2 * Rows}|BIGINT"], answers);
    }

    [Fact]
    public async Task Partition_values_go_with_files_of_their_own_schema()
    {
        await using var lake = new TestLake();
        var options = new WriteOptions { PartitionBy = ["p"] };
        await lake.Table("silver.rows").AppendAsync(lake.Connection, $"SELECT range AS i, 'part ' || range % 3 AS p FROM range({3 * Rows})", options, TestContext.Current.CancellationToken);
        await lake.Table("silver.rows").DeleteAsync(lake.Connection, "i % 100 = 0", cancellationToken: TestContext.Current.CancellationToken);
        lake.Connection.Execute($"CREATE TEMP TABLE plain AS SELECT range AS i, 'part ' || range % 3 AS p FROM range({3 * Rows}) WHERE range % 100 <> 0");
        const string Question = "SELECT p, count(*), sum(i), min(i) FROM {0} GROUP BY p ORDER BY p";
        Assert.Equal(await lake.RowsAsync(string.Format(null, Question, "plain")), await lake.RowsAsync(string.Format(null, Question, "silver.rows")));
    }

    private static async Task<LakeTable> AppendAsync(TestLake lake, int files, IReadOnlyDictionary<string, string>? properties = null)
    {
        var table = lake.Table("silver.rows");
        for (var file = 0; file < files; file++)
            await table.AppendAsync(lake.Connection, $"SELECT {Select} FROM range({file * Rows}, {(file + 1) * Rows})", new WriteOptions { Properties = properties }, TestContext.Current.CancellationToken);
        return table;
    }

    /// <summary>Every question has the answer that a table of DuckDB's with these rows of the files gives.</summary>
    private static async Task CompareAsync(TestLake lake, int files, string left)
    {
        lake.Connection.Execute($"CREATE TEMP TABLE plain AS SELECT {Select} FROM range({files * Rows}) WHERE {left}");
        foreach (var question in Questions)
            Assert.Equal(await lake.RowsAsync(string.Format(null, question, "plain")), await lake.RowsAsync(string.Format(null, question, "silver.rows")));
    }
}
