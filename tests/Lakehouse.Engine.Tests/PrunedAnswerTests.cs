namespace Lakehouse.Engine.Tests;

/// <summary>Leaving files out never changes an answer: the same SQL over the same rows in plain DuckDB tables says the same.</summary>
public sealed class PrunedAnswerTests(PrunedAnswerTests.Shared shared) : IClassFixture<PrunedAnswerTests.Shared>
{
    [Theory]
    // Joins that match by nearness or position: a row that WHERE drops later takes part in the match.
    [InlineData("SELECT o.order_id, q.price FROM silver.orders o ASOF JOIN silver.quotes q ON o.ts >= q.ts WHERE q.price > 5")]
    [InlineData("SELECT o.order_id, q.price FROM silver.orders o ASOF LEFT JOIN silver.quotes q ON o.ts >= q.ts WHERE q.price > 5")]
    [InlineData("SELECT o.order_id, q.price FROM silver.orders o ASOF JOIN silver.quotes q USING (ts) WHERE q.price > 5")]
    [InlineData("SELECT o.order_id, q.price, c.region FROM silver.orders o ASOF JOIN silver.quotes q ON o.ts >= q.ts JOIN silver.customers c ON c.customer = o.customer WHERE q.price > 5 AND c.customer < 4")]
    [InlineData("SELECT o.order_id, q.price FROM silver.orders o POSITIONAL JOIN silver.quotes q WHERE q.price > 5")]
    [InlineData("SELECT o.order_id, q.price FROM silver.orders o POSITIONAL JOIN silver.quotes q WHERE o.order_id >= 50")]
    // Outer joins, on the side that is kept and the side that is filled.
    [InlineData("SELECT o.order_id, c.region FROM silver.orders o LEFT JOIN silver.customers c ON o.customer = c.customer WHERE c.customer >= 5")]
    [InlineData("SELECT o.order_id, c.region FROM silver.orders o LEFT JOIN silver.customers c ON o.customer = c.customer WHERE c.customer IS NULL")]
    [InlineData("SELECT o.order_id, c.region FROM silver.orders o LEFT JOIN silver.customers c ON o.customer = c.customer WHERE c.customer >= 5 OR o.order_id < 20")]
    [InlineData("SELECT o.order_id, c.region FROM silver.orders o LEFT JOIN silver.customers c ON o.customer = c.customer AND c.customer < 3 WHERE o.order_id < 30")]
    [InlineData("SELECT o.order_id, c.region FROM silver.orders o RIGHT JOIN silver.customers c ON o.customer = c.customer WHERE o.order_id < 30")]
    [InlineData("SELECT o.order_id, c.region FROM silver.orders o FULL JOIN silver.customers c ON o.customer = c.customer WHERE c.customer > 7")]
    [InlineData("SELECT * FROM silver.orders FULL JOIN silver.customers USING (customer) WHERE customer > 7")]
    [InlineData("SELECT * FROM (SELECT range AS word, 1 AS one FROM range(12)) s JOIN silver.quotes USING (word) WHERE word >= '5'")]
    // Semi and anti joins hide a table's columns, and absence is what they ask for.
    [InlineData("SELECT order_id FROM silver.orders o SEMI JOIN silver.customers c ON o.customer = c.customer WHERE order_id < 35")]
    [InlineData("SELECT order_id FROM silver.orders o ANTI JOIN silver.customers c ON o.customer = c.customer WHERE o.order_id < 35")]
    [InlineData("SELECT region, (SELECT count(*) FROM silver.customers c ANTI JOIN silver.orders o ON o.customer = c.customer WHERE order_id > 50) FROM (SELECT unnest([10, 60]) AS order_id, 'x' AS region)")]
    [InlineData("SELECT customer FROM silver.customers WHERE NOT EXISTS (SELECT 1 FROM silver.orders o WHERE o.customer = customers.customer AND o.order_id < 40)")]
    [InlineData("SELECT customer FROM silver.customers WHERE customer NOT IN (SELECT customer FROM silver.orders WHERE order_id < 4)")]
    // What is counted, cut or ordered within a subquery before its result is filtered.
    [InlineData("SELECT * FROM (SELECT * FROM silver.orders ORDER BY order_id LIMIT 25) WHERE order_id > 15")]
    [InlineData("SELECT * FROM (SELECT *, row_number() OVER (ORDER BY order_id) AS place FROM silver.orders) WHERE order_id > 70")]
    [InlineData("SELECT order_id, sum(price) OVER (ORDER BY order_id) FROM silver.orders WHERE order_id > 70")]
    [InlineData("SELECT order_id FROM silver.orders WHERE order_id > 30 QUALIFY row_number() OVER (PARTITION BY customer ORDER BY order_id) = 1")]
    [InlineData("SELECT order_id FROM silver.orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY order_id) = 1 AND order_id > 5")]
    [InlineData("SELECT customer, count(*) AS n, min(order_id) AS first FROM silver.orders GROUP BY customer HAVING min(order_id) > 5")]
    [InlineData("SELECT * FROM (SELECT customer, max(order_id) AS order_id FROM silver.orders GROUP BY customer) WHERE order_id < 95")]
    [InlineData("SELECT DISTINCT ON (customer) customer, order_id FROM silver.orders WHERE order_id >= 40 ORDER BY customer, order_id")]
    [InlineData("SELECT count(*) FROM silver.orders TABLESAMPLE reservoir(100 ROWS) WHERE order_id < 20")]
    [InlineData("SELECT count(*) FROM (SELECT * FROM silver.orders WHERE order_id < 20 USING SAMPLE 100 ROWS)")]
    // Several mentions of a table share one view.
    [InlineData("SELECT 1 AS part, order_id FROM silver.orders WHERE order_id < 10 UNION ALL SELECT 2, order_id FROM silver.orders WHERE order_id > 90")]
    [InlineData("SELECT order_id FROM silver.orders WHERE order_id < 10 UNION ALL SELECT count(*) FROM silver.orders")]
    [InlineData("SELECT order_id FROM silver.orders EXCEPT SELECT order_id FROM silver.orders WHERE order_id >= 10")]
    [InlineData("WITH o AS (SELECT * FROM silver.orders) SELECT (SELECT count(*) FROM o WHERE order_id < 10), (SELECT count(*) FROM o)")]
    [InlineData("WITH o AS (SELECT * FROM silver.orders WHERE order_id < 50) SELECT (SELECT count(*) FROM o WHERE order_id < 10), (SELECT count(*) FROM o), (SELECT count(*) FROM silver.orders WHERE order_id > 80)")]
    [InlineData("WITH RECURSIVE r(id) AS (SELECT 3 UNION ALL SELECT o.order_id + 10 FROM silver.orders o, r WHERE o.order_id = r.id AND o.order_id < 60) SELECT * FROM r")]
    [InlineData("SELECT count(*), (SELECT count(*) FROM SILVER.Orders) FROM silver.orders WHERE order_id < 10")]
    [InlineData("SELECT a.order_id, b.order_id FROM silver.orders a, silver.orders b WHERE a.order_id < 10 AND b.order_id = a.order_id + 50")]
    [InlineData("SELECT a.order_id, (SELECT max(b.order_id) FROM silver.orders b WHERE b.customer = a.customer AND a.order_id < 5) FROM silver.orders a WHERE a.order_id < 20")]
    [InlineData("SELECT a.order_id, l.n FROM silver.orders a, LATERAL (SELECT count(*) AS n FROM silver.orders b WHERE b.customer = a.customer AND b.order_id < 60) l WHERE a.order_id > 85")]
    [InlineData("SELECT count(*) FROM silver.orders WHERE order_id < (SELECT max(order_id) FROM silver.orders) AND order_id > 95")]
    [InlineData("SELECT * FROM (SELECT * FROM (SELECT customer, order_id FROM silver.orders) PIVOT (count(*) FOR customer IN (1, 2, 3))), (SELECT count(*) AS n FROM silver.orders WHERE order_id < 10)")]
    [InlineData("SELECT * FROM (SELECT count(*) FROM (SELECT * FROM silver.orders PIVOT (count(*) FOR customer IN (1, 2, 3)))) p, (SELECT count(*) AS n FROM silver.orders WHERE order_id < 10) q")]
    [InlineData("SELECT * FROM (SELECT count(*) FROM (SELECT * FROM silver.orders UNPIVOT (value FOR name IN (order_id, customer)))) p, (SELECT count(*) AS n FROM silver.orders WHERE order_id < 10) q")]
    [InlineData("SELECT count(*), any_value(q.n) FROM (SELECT count(*) AS n FROM silver.orders WHERE order_id < 10) q JOIN silver.orders PIVOT (count(*) FOR customer IN (1, 2)) p ON true")]
    [InlineData("SELECT (SELECT count(*) FROM query_table('silver.orders')), count(*) FROM silver.orders WHERE order_id < 10")]
    [InlineData("SELECT (SELECT count(*) FROM query('FROM silver.orders')), count(*) FROM silver.orders WHERE order_id < 10")]
    public async Task The_answer_is_that_of_plain_tables(string sql)
    {
        await using var session = shared.Lake.Lake.OpenSession();
        var answer = await TestLake.RowsAsync(session, sql);
        using var plain = await shared.Plain.Connection.QueryAsync(sql, TestContext.Current.CancellationToken);
        Assert.Equal(TestLake.Read(plain).Order(StringComparer.Ordinal), answer.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("CREATE VIEW v AS SELECT * FROM silver.orders", "SELECT count(*) FROM silver.orders WHERE order_id < 10", "SELECT count(*) FROM v")]
    [InlineData("PREPARE p AS SELECT count(*) FROM silver.orders", "SELECT count(*) FROM silver.orders WHERE order_id < 10", "EXECUTE p")]
    [InlineData("CREATE MACRO m() AS TABLE SELECT count(*) FROM silver.orders", "SELECT count(*) FROM silver.orders WHERE order_id < 10", "SELECT * FROM m()")]
    [InlineData("SELECT count(*) FROM silver.orders WHERE order_id < 10", "USE silver", "SELECT count(*) FROM orders")]
    public async Task What_outlives_its_statement_sees_whole_tables(params string[] script)
    {
        await using var session = shared.Lake.Lake.OpenSession();
        foreach (var statement in script[..^1]) await TestLake.RowsAsync(session, statement);
        Assert.Equal(["100"], await TestLake.RowsAsync(session, script[^1]));
    }

    [Fact]
    public async Task A_view_of_a_folder_keeps_its_folder()
    {
        await using var session = shared.Lake.Lake.OpenSession();
        var orders = Path.Combine(shared.Lake.Folder, "silver", "orders");
        await TestLake.RowsAsync(session, $"CREATE VIEW v AS SELECT * FROM delta_scan('{orders}')");
        await TestLake.RowsAsync(session, $"SELECT count(*) FROM delta_scan('{Path.Combine(shared.Lake.Folder, "silver", "customers")}')");
        Assert.Equal(["100"], await TestLake.RowsAsync(session, "SELECT count(*) FROM v"));
    }

    [Theory]
    [InlineData("SELECT * FROM silver.orders o LEFT JOIN silver.customers c ON o.customer = c.customer WHERE o.order_id < 10", 1)]
    [InlineData("SELECT * FROM silver.orders o CROSS JOIN silver.customers c WHERE o.order_id < 10", 1)]
    [InlineData("SELECT * FROM silver.orders o ASOF JOIN silver.quotes q ON o.ts >= q.ts WHERE o.order_id < 10", 10)]
    [InlineData("SELECT * FROM silver.orders TABLESAMPLE 50% WHERE order_id < 10", 10)]
    [InlineData("SELECT * FROM (SELECT * FROM silver.orders WHERE order_id < 10) PIVOT (count(*) FOR customer IN (1, 2))", 1)]
    public async Task Files_are_left_out_only_where_that_is_sound(string sql, int files)
    {
        await using var session = shared.Lake.Lake.OpenSession();
        await session.BindAsync(sql, null, TestContext.Current.CancellationToken);
        Assert.Equal(files, Assert.Single(session.Bound, table => table.Name == TableName.Parse("silver.orders")).FilesPlanned);
    }

    /// <summary>Three tables of ten files each, and the same rows without files.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        private static readonly Dictionary<string, string> Tables = new()
        {
            ["silver.orders"] = "SELECT i AS order_id, i % 11 AS customer, i % 7 AS price, TIMESTAMP '2026-01-01' + INTERVAL (i) MINUTE AS ts FROM range({0} * 10, {0} * 10 + 10) t(i)",
            // Prices of quotes rise and fall, so that the nearest quote is often one that WHERE drops.
            ["silver.quotes"] = "SELECT TIMESTAMP '2026-01-01' + INTERVAL (i * 5) MINUTE AS ts, {0} * 7 % 10 AS price, i::VARCHAR AS word FROM range({0} * 2, {0} * 2 + 2) t(i)",
            ["silver.customers"] = "SELECT {0} AS customer, 'region ' || ({0} % 3) AS region",
        };

        public TestLake Lake { get; } = new();

        public LakeSession Plain { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Plain = Lake.Lake.OpenSession();
            Plain.Connection.Execute("CREATE SCHEMA silver");
            foreach (var (name, rows) in Tables)
            {
                for (var file = 0; file < 10; file++)
                {
                    var sql = string.Format(System.Globalization.CultureInfo.InvariantCulture, rows, file);
                    await Lake.Table(name).AppendAsync(Lake.Connection, sql);
                    Plain.Connection.Execute(file == 0 ? $"CREATE TABLE {name} AS {sql}" : $"INSERT INTO {name} {sql}");
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Plain.DisposeAsync();
            await Lake.DisposeAsync();
        }
    }
}
