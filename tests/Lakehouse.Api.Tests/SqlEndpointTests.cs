using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lakehouse.Api.Sql;

namespace Lakehouse.Api.Tests;

public sealed class SqlEndpointTests(SqlEndpointTests.Shared shared) : IClassFixture<SqlEndpointTests.Shared>
{
    private ApiHost Api => shared.Api;

    [Fact]
    public async Task Rows_come_typed_with_the_versions_that_were_read()
    {
        JsonElement page = await Api.QueryAsync("SELECT id, name, total, placed FROM silver.orders ORDER BY id LIMIT 1");
        Assert.Equal("""[{"name":"id","type":"INTEGER"},{"name":"name","type":"VARCHAR"},{"name":"total","type":"DECIMAL(12,2)"},{"name":"placed","type":"DATE"}]""", page.GetProperty("columns").GetRawText());
        Assert.Equal("""[[2,"order 2",2.50,"2026-01-03"]]""", page.GetProperty("rows").GetRawText());
        Assert.Equal("""{"silver.orders":1}""", page.GetProperty("tables").GetRawText());
        Assert.False(page.GetProperty("truncated").GetBoolean());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("nextPage").ValueKind);
    }

    [Fact]
    public async Task Deleted_rows_are_not_shown()
    {
        JsonElement page = await Api.QueryAsync("SELECT count(*), min(id) FROM silver.orders");
        Assert.Equal("[[8,2]]", page.GetProperty("rows").GetRawText());
    }

    [Fact]
    public async Task An_older_version_is_read_when_asked_for()
    {
        JsonElement page = await Api.QueryAsync("SELECT count(*) FROM silver.orders", new { versions = new Dictionary<string, long> { ["silver.orders"] = 0 } });
        Assert.Equal("[[10]]", page.GetProperty("rows").GetRawText());
    }

    [Theory]
    [InlineData("SELECT count(*) FROM silver.orders VERSION AS OF 0", "[[10]]", """{"silver.orders@v0":0}""")]
    [InlineData("SELECT count(*) FROM silver.orders AT (VERSION => 0) WHERE orders.id < 3", "[[3]]", """{"silver.orders@v0":0}""")]
    [InlineData("SELECT count(*) FROM silver.orders VERSION AS OF 0 old ANTI JOIN silver.orders new USING (id)", "[[2]]", """{"silver.orders@v0":0,"silver.orders":1}""")]
    [InlineData("SELECT count(*) FROM silver.orders TIMESTAMP AS OF '2200-01-01'", "[[8]]", """{"silver.orders@v1":1}""")]
    public async Task An_older_version_is_read_when_the_SQL_says_so(string sql, string rows, string tables)
    {
        JsonElement page = await Api.QueryAsync(sql);
        Assert.Equal(rows, page.GetProperty("rows").GetRawText());
        Assert.Equal(tables, page.GetProperty("tables").GetRawText());
    }

    [Fact]
    public async Task History_and_detail_are_described()
    {
        JsonElement history = await Api.QueryAsync("DESCRIBE HISTORY silver.orders LIMIT 5");
        Assert.Equal(["version", "timestamp", "operation"], history.GetProperty("columns").EnumerateArray().Take(3).Select(column => column.GetProperty("name").GetString()));
        Assert.Equal([1, 0], history.GetProperty("rows").EnumerateArray().Select(row => row[0].GetInt32()));
        JsonElement detail = await Api.QueryAsync("DESCRIBE DETAIL silver.orders");
        Assert.Equal("delta", detail.GetProperty("rows")[0][0].GetString());
    }

    [Theory]
    [InlineData("DESCRIBE HISTORY silver.nope", "no table silver.nope")]
    [InlineData("DESCRIBE DETAIL '/etc'", "Folders are not served")]
    [InlineData("SELECT * FROM delta.`/etc`", "Folders are not served")]
    [InlineData("SELECT * FROM silver.orders VERSION AS OF nine", "a version is a number")]
    [InlineData("SELECT * FROM silver.orders VERSION AS OF 99", "version 99")]
    [InlineData("SELECT * FROM silver.nope VERSION AS OF 0", "no table silver.nope")]
    [InlineData("SELECT * FROM lake_past_0.orders", "no table lake_past_0.orders")]
    [InlineData("DELETE FROM silver.orders", "change tables are not served")]
    [InlineData("COPY INTO silver.orders FROM '/etc' FILEFORMAT = CSV", "change tables are not served")]
    [InlineData("CREATE TABLE silver.more AS SELECT 1 AS id", "change tables are not served")]
    [InlineData("OPTIMIZE silver.orders", "not served here")]
    [InlineData("VACUUM silver.orders RETAIN 0 HOURS", "not served here")]
    [InlineData("RESTORE TABLE silver.orders TO VERSION AS OF 0", "not served here")]
    public async Task What_is_not_served_is_a_400_that_says_so(string sql, string detail)
    {
        JsonElement problem = await ApiHost.ProblemAsync(await Api.PostAsync(sql), 400);
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Upkeep_is_done_where_it_is_allowed()
    {
        await using ApiHost api = await ApiHost.StartAsync(("AllowUpkeep", true));
        JsonElement restored = await api.QueryAsync("RESTORE TABLE silver.orders TO VERSION AS OF 0");
        Assert.Equal(2, restored.GetProperty("rows")[0][0].GetInt32());
        Assert.Equal("[[10]]", (await api.QueryAsync("SELECT count(*) FROM silver.orders")).GetProperty("rows").GetRawText());
        JsonElement refused = await ApiHost.ProblemAsync(await api.PostAsync("VACUUM silver.orders RETAIN 0 HOURS"), 400);
        Assert.Contains("silver.orders", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await ApiHost.ProblemAsync(await api.PostAsync("DELETE FROM silver.orders"), 400);
    }

    [Theory]
    [InlineData("silver.orders", 99)]
    [InlineData("silver.numbers", 0)]
    [InlineData("orders", 0)]
    public async Task A_version_that_cannot_be_read_is_a_400(string table, long version)
    {
        HttpResponseMessage response = await Api.PostAsync("SELECT 1 FROM silver.orders", new { versions = new Dictionary<string, long> { [table] = version } });
        await ApiHost.ProblemAsync(response, 400);
    }

    [Fact]
    public async Task Pages_give_every_row_once_and_in_order()
    {
        JsonElement page = await Api.QueryAsync("SELECT n, text FROM silver.numbers ORDER BY n", new { limit = 45_000 });
        List<long> numbers = [];
        int pages = 1;
        for (; ; pages++)
        {
            numbers.AddRange(page.GetProperty("rows").EnumerateArray().Select(row => row[0].GetInt64()));
            if (page.GetProperty("nextPage").GetString() is not { } next)
                break;
            page = await ApiHost.SuccessAsync(await Api.Client.GetAsync(next));
        }
        Assert.Equal(5, pages);
        Assert.Equal(Enumerable.Range(0, 200_000).Select(n => (long)n), numbers);
    }

    [Fact]
    public async Task A_page_can_be_asked_for_again_until_the_next_one_is()
    {
        JsonElement first = await Api.QueryAsync("SELECT n FROM silver.numbers ORDER BY n", new { limit = 10 });
        string next = first.GetProperty("nextPage").GetString()!;
        JsonElement second = await ApiHost.SuccessAsync(await Api.Client.GetAsync(next));
        JsonElement again = await ApiHost.SuccessAsync(await Api.Client.GetAsync(next));
        Assert.Equal(second.GetProperty("rows").GetRawText(), again.GetProperty("rows").GetRawText());
        await ApiHost.SuccessAsync(await Api.Client.GetAsync(second.GetProperty("nextPage").GetString()));
        await ApiHost.ProblemAsync(await Api.Client.GetAsync(next), 410);
    }

    [Fact]
    public async Task A_closed_result_is_gone()
    {
        JsonElement first = await Api.QueryAsync("SELECT n FROM silver.numbers", new { limit = 10 });
        string next = first.GetProperty("nextPage").GetString()!;
        (await Api.Client.DeleteAsync(next)).EnsureSuccessStatusCode();
        await ApiHost.ProblemAsync(await Api.Client.GetAsync(next), 410);
    }

    [Theory]
    [InlineData("/api/v1/sql/pages/nosuch")]
    [InlineData("/api/v1/sql/pages/00000000000000000000000000000000-1")]
    public async Task A_page_of_no_result_is_gone(string page) => await ApiHost.ProblemAsync(await Api.Client.GetAsync(page), 410);

    [Fact]
    public async Task Bad_syntax_tells_where_it_is()
    {
        JsonElement problem = await ApiHost.ProblemAsync(await Api.PostAsync("SELECT 1,\n  FROM FROM silver.orders"), 400);
        Assert.Equal(2, problem.GetProperty("line").GetInt32());
        Assert.True(problem.GetProperty("position").GetInt32() >= 10);
    }

    [Fact]
    public async Task A_wrong_column_tells_where_it_is_and_what_it_may_have_meant()
    {
        JsonElement problem = await ApiHost.ProblemAsync(await Api.PostAsync("SELECT 'é', totl FROM silver.orders"), 400);
        Assert.Equal(12, problem.GetProperty("position").GetInt32());
        Assert.Contains("total", problem.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_table_tells_names_that_are_near()
    {
        JsonElement problem = await ApiHost.ProblemAsync(await Api.PostAsync("SELECT * FROM silver.ordrs"), 400);
        Assert.Equal("silver.orders", problem.GetProperty("nearTables")[0].GetString());
        Assert.Equal(14, problem.GetProperty("position").GetInt32());
    }

    [Fact]
    public async Task A_cast_that_fails_is_the_callers_error() => await ApiHost.ProblemAsync(await Api.PostAsync("SELECT name::INTEGER FROM silver.orders"), 400);

    [Theory]
    [InlineData("{\"sql\": \"SELECT 1\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"sql\": 1}")]
    [InlineData("{\"sql\": \"\"}")]
    [InlineData("{\"sql\": \"SELECT 1\", \"limit\": 0}")]
    [InlineData("{\"sql\": \"SELECT 1\", \"timeoutSeconds\": -1}")]
    [InlineData("{\"sql\": \"SELECT 1\", \"limt\": 1}")]
    [InlineData("{\"sql\": \"SELECT 1\\u0000\"}")]
    public async Task A_body_that_is_not_a_request_is_a_400(string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        await ApiHost.ProblemAsync(await Api.Client.PostAsync("/api/v1/sql", content), 400);
    }

    [Fact]
    public async Task A_query_that_never_ends_is_stopped_in_time()
    {
        Stopwatch watch = Stopwatch.StartNew();
        await ApiHost.ProblemAsync(await Api.PostAsync("SELECT count(*) FROM range(1000000000000) a, range(1000000) b", new { timeoutSeconds = 1 }), 504);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"took {watch.Elapsed}");
    }

    [Fact]
    public async Task Queries_at_the_same_time_do_not_see_each_other()
    {
        JsonElement[] pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Api.QueryAsync($"SELECT {i}, count(*) FROM silver.numbers WHERE n % 8 = {i}")));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"[[{i},25000]]"), pages.Select(page => page.GetProperty("rows").GetRawText()));
    }

    [Fact]
    public async Task Tables_are_listed_and_described()
    {
        JsonElement tables = await Api.Client.GetFromJsonAsync<JsonElement>("/api/v1/tables");
        Assert.Equal(["silver.numbers", "silver.orders"], tables.EnumerateArray().Select(table => table.GetProperty("name").GetString()!));
        JsonElement orders = await Api.Client.GetFromJsonAsync<JsonElement>("/api/v1/tables/silver/orders");
        Assert.Equal(8, orders.GetProperty("table").GetProperty("rows").GetInt64());
        Assert.Equal("decimal(12,2)", orders.GetProperty("columns")[2].GetProperty("type").GetString());
        JsonElement history = await Api.Client.GetFromJsonAsync<JsonElement>("/api/v1/tables/silver/orders/history");
        Assert.Equal([1, 0], history.EnumerateArray().Select(commit => commit.GetProperty("version").GetInt64()));
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_a_404_with_near_names()
    {
        JsonElement problem = await ApiHost.ProblemAsync(await Api.Client.GetAsync("/api/v1/tables/silver/order"), 404);
        Assert.Equal("silver.orders", problem.GetProperty("nearTables")[0].GetString());
    }

    [Theory]
    [InlineData("/alive")]
    [InlineData("/health")]
    public async Task Health_answers(string path) => (await Api.Client.GetAsync(path)).EnsureSuccessStatusCode();

    [Fact]
    public async Task An_unknown_path_is_a_problem_too() => await ApiHost.ProblemAsync(await Api.Client.GetAsync("/api/v2"), 404);

    /// <summary>One service for the tests that do not disturb it.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        public ApiHost Api { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Api = await ApiHost.StartAsync();

        public async ValueTask DisposeAsync() => await Api.DisposeAsync();
    }
}
