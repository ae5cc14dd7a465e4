using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Tests.Scan;

/// <summary>Deleted rows of several files are gone from every kind of statement, whether rows are tested inside the scan, by conditions that
/// DuckDB pushes there and copies for each file, or after it.</summary>
public sealed class RowSelectionConditionTests : IDisposable
{
    private const int Files = 6, Rows = 12_000;

    private static readonly string[] Questions =
    [
        "SELECT count(*) FROM {0}",
        "SELECT count(*), sum(i), min(i), max(i), min(t), max(t) FROM {0}",
        "SELECT g, count(*), sum(i) FROM {0} WHERE i > 1000 GROUP BY g ORDER BY g",
        "SELECT * FROM {0} WHERE i = 20000 OR i BETWEEN 35990 AND 36010 ORDER BY i",
        "SELECT * FROM {0} WHERE g IN (2, 5) AND t LIKE '%77' ORDER BY i",
        "SELECT * FROM {0} ORDER BY t DESC LIMIT 7",
        "SELECT * FROM {0} ORDER BY g, i DESC LIMIT 3 OFFSET 100",
        "SELECT count(*) FROM (SELECT * FROM {0} LIMIT 60000)",
        "SELECT DISTINCT g FROM {0} WHERE i % 3 = 1 ORDER BY ALL",
        "SELECT count(*), sum(a.i), sum(b.g) FROM {0} a JOIN {0} b ON a.i = b.i + 1 WHERE b.g = 3",
        "SELECT count(*), count(b.i) FROM {0} a LEFT JOIN (SELECT i FROM {0} WHERE g = 1) b USING (i)",
        "SELECT count(*), count(a.i), count(b.range) FROM {0} a FULL JOIN range(70000, 80000) b ON a.i = b.range",
        "SELECT count(*), sum(range) FROM range(80000) r WHERE NOT EXISTS (FROM {0} WHERE i = r.range)",
        "SELECT count(*) FROM {0} WHERE i IN (SELECT i + 1 FROM {0} WHERE g = 2)",
        "SELECT count(*) FROM {0} a SEMI JOIN range(100, 50000, 100) b ON a.i = b.range",
        "SELECT count(*) FROM (SELECT i FROM {0} EXCEPT SELECT i FROM {0} WHERE g = 4)",
        "SELECT count(*), sum(i) FROM (SELECT i FROM {0} WHERE g < 5 INTERSECT SELECT i FROM {0} WHERE g > 1)",
        "SELECT count(*), sum(i) FROM (SELECT i FROM {0} UNION ALL SELECT i FROM {0} WHERE g = 6 UNION ALL FROM range(10))",
        "SELECT sum((SELECT count(*) FROM {0} WHERE g = r.range AND i < 40000)) FROM range(9) r",
        "SELECT r.range, n FROM range(7) r, LATERAL (SELECT count(*) AS n FROM {0} WHERE g = r.range) ORDER BY 1",
        "WITH c AS MATERIALIZED (FROM {0}) SELECT count(*), (SELECT sum(i) FROM c WHERE g = 0) FROM c WHERE i < 30000",
        "WITH RECURSIVE c(i, n) AS (SELECT min(i), 0 FROM {0} UNION ALL SELECT (SELECT min(i) FROM {0} WHERE i > c.i + 9000), n + 1 FROM c WHERE c.i < 50000) FROM c ORDER BY n",
        "SELECT i, row_number() OVER (PARTITION BY g ORDER BY i) AS n FROM {0} QUALIFY n = 2000 ORDER BY i",
        "SELECT count(*), sum(b.i) FROM range(0, 72000, 500) a ASOF JOIN {0} b ON a.range >= b.i",
        "SELECT count(DISTINCT t), approx_count_distinct(g) FROM {0}",
        "PIVOT (SELECT g, i % 2 AS p FROM {0}) ON p IN (0, 1) USING count(*) ORDER BY g",
        "SELECT count(*) FROM {0} WHERE random() < 2",
        "SELECT count(*) FROM {0} WHERE CAST(substr(t, 5) AS BIGINT) >= 0 AND i // (g + 1) >= 0",
        "SELECT count(*) FROM (SELECT * FROM {0} UNION BY NAME SELECT 1 AS other) WHERE other IS NULL",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-engine-");
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _connection;
    private readonly RowSelections _selections = new();
    private readonly string _files;
    private readonly long _set;

    public RowSelectionConditionTests()
    {
        _connection = _database.Connect();
        _connection.Execute("SET threads = 3");
        _selections.Register(_connection);
        for (var file = 0; file < Files; file++)
            _connection.Execute($"COPY ({Select(file * Rows, (file + 1) * Rows)}) TO '{PathOf(file)}' (ROW_GROUP_SIZE 4096)");
        _files = $"[{string.Join(", ", Enumerable.Range(0, Files).Select(file => $"'{PathOf(file)}'"))}]";
        _set = Add("gone", seed: 1);
        _connection.Execute($"CREATE TABLE plain AS {Select(0, Files * Rows)} ANTI JOIN gone ON range = gone.i");
    }

    [Theory]
    [InlineData("union_by_name = true")]
    [InlineData("schema = MAP {'i': {name: 'i', type: 'BIGINT', default_value: NULL}, 'g': {name: 'g', type: 'INTEGER', default_value: NULL}, 't': {name: 't', type: 'VARCHAR', default_value: NULL}}")]
    public void Rows_are_gone_from_every_kind_of_statement(string columns)
    {
        Assert.True(RowSelections.TestInside, $"DuckDB {DuckDbDatabase.LibraryVersion} is another than that in which testing rows inside scans was looked into (decision 163).");
        Define("inside", _set, inside: true, columns);
        Define("outside", _set, inside: false, columns);
        foreach (var question in Questions)
        {
            var expected = Answer(question, "plain");
            Assert.Equal((question, expected), (question, Answer(question, "outside")));
            Assert.Equal((question, expected), (question, Answer(question, "inside")));
        }
    }

    [Fact]
    public void Nothing_is_left_to_test_after_the_scan()
    {
        Define("inside", _set, inside: true);
        var plan = Answer("EXPLAIN SELECT sum(i) FROM {0} WHERE g = 1", "inside");
        Assert.Contains("lake_row_shown_here", plan);
        Assert.DoesNotContain("FILTER", plan.Replace("Filters:", "", StringComparison.Ordinal));
    }

    [Fact]
    public void One_statement_reads_the_same_files_with_other_rows_deleted()
    {
        Define("inside", _set, inside: true);
        Define("other", Add("gone_later", seed: 2), inside: true);
        _connection.Execute($"CREATE TABLE plain_later AS {Select(0, Files * Rows)} ANTI JOIN gone_later ON range = gone_later.i");
        const string Both = "SELECT count(*), sum(a.i), (SELECT count(*) FROM {1}) FROM {0} a ANTI JOIN {1} b USING (i)";
        Assert.Equal(Answer(string.Format(null, Both, "plain", "plain_later"), ""), Answer(string.Format(null, Both, "inside", "other"), ""));
    }

    [Fact]
    public async Task Statements_of_several_connections_do_not_mix_up_their_files()
    {
        var sets = new List<(string View, string Expected)>();
        const string Question = "SELECT count(*), sum(i), sum(hash(t)) FROM {0} WHERE g <> 3";
        for (var seed = 2; seed < 6; seed++)
        {
            Define($"inside{seed}", Add($"gone{seed}", seed), inside: true);
            sets.Add(($"inside{seed}", Answer($"SELECT count(*), sum(range), sum(hash(t)) FROM ({Select(0, Files * Rows).Replace("SELECT", "SELECT range,", StringComparison.Ordinal)} ANTI JOIN gone{seed} ON range = gone{seed}.i) WHERE g <> 3", "")));
        }
        await Task.WhenAll(sets.Select(set => Task.Run(() =>
        {
            using var connection = _database.Connect();
            for (var round = 0; round < 10; round++)
            {
                using var result = connection.Query(string.Format(null, Question, set.View));
                Assert.Equal(set.Expected, string.Join("\n", TestLake.Read(result)));
            }
        }, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void Where_DuckDB_pushes_no_conditions_the_statement_fails_and_says_why()
    {
        Define("inside", _set, inside: true);
        foreach (var (off, on) in new[] { ("SET disabled_optimizers = 'filter_pushdown'", "RESET disabled_optimizers"), ("PRAGMA disable_optimizer", "PRAGMA enable_optimizer") })
        {
            _connection.Execute(off);
            Assert.Contains("disabled_optimizers", Assert.Throws<DuckDbException>(() => Answer(Questions[0], "inside")).Message);
            _connection.Execute(on);
            Assert.Equal(Answer(Questions[0], "plain"), Answer(Questions[0], "inside"));
        }
    }

    [Fact]
    public void A_released_set_is_not_read_as_another()
    {
        Define("inside", _set, inside: true);
        _selections.Release(_set);
        Assert.Contains("was redefined", Assert.Throws<DuckDbException>(() => Answer(Questions[0], "inside")).Message);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Select(int from, int to) => $"SELECT range AS i, (range % 7)::INTEGER AS g, 'row ' || range AS t FROM range({from}, {to})";

    private string PathOf(int file) => Path.Combine(_folder.FullName, $"{file}.parquet");

    /// <summary>Rows to leave out of the files, other ones for each seed: of the second file all, of the fourth none. A table tells them.</summary>
    private long Add(string table, int seed)
    {
        var random = new Random(seed);
        var selections = new RowSelection?[Files];
        _connection.Execute($"CREATE TABLE {table} (i BIGINT)");
        for (var file = 0; file < Files; file++)
        {
            if (file == 3) continue;
            var rows = Enumerable.Range(0, Rows).Where(_ => file == 1 || random.Next(100) < 5).ToList();
            selections[file] = RowSelection.AllBut(new RoaringBitmapArray([.. rows.Select(row => (ulong)row)]));
            _connection.Execute($"INSERT INTO {table} SELECT unnest([{string.Join(", ", rows.Select(row => (file * Rows) + row))}])");
        }
        return _selections.Add(selections);
    }

    private void Define(string view, long set, bool inside, string columns = "union_by_name = true") =>
        _connection.Execute($"CREATE OR REPLACE VIEW {view} AS SELECT i, g, t FROM read_parquet({_files}, {columns}) WHERE {RowSelections.Condition(set, Files, inside)}");

    private string Answer(string question, string table)
    {
        using var result = _connection.Query(string.Format(null, question, table));
        return string.Join("\n", TestLake.Read(result));
    }
}
