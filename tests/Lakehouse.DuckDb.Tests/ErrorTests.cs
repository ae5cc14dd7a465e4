namespace Lakehouse.DuckDb.Tests;

public sealed class ErrorTests : IDisposable
{
    private readonly DuckDbConnection _connection = new("Data Source=:memory:");

    public ErrorTests() => _connection.Open();

    [Theory]
    [InlineData("SELECT nonsense FROM range(3)", "nonsense", DuckDbErrorType.Binder)]
    [InlineData("SELECT 1;\nSELECT 2;\nSELECT *\nFROM no_such_table t", "no_such_table", DuckDbErrorType.Catalog)]
    [InlineData("SELECT 'äöü€𝄞', nonsense FROM range(3)", "nonsense", DuckDbErrorType.Binder)]
    [InlineData("SELECT 1 +\n\n  nofunction(2)", "nofunction", DuckDbErrorType.Catalog)]
    [InlineData("SELEKT 1", "SELEKT", DuckDbErrorType.Parser)]
    [InlineData("SELECT 1; SELECT 2 FRM x", "x", DuckDbErrorType.Parser)]
    public void The_position_points_at_the_culprit(string sql, string culprit, DuckDbErrorType type)
    {
        var error = Assert.Throws<DuckDbException>(() => _connection.Execute(sql));
        Assert.Equal(type, error.ErrorType);
        Assert.True(error.Position is not null, error.Message);
        Assert.Equal(sql.IndexOf(culprit, StringComparison.Ordinal), error.Position);
    }

    [Fact]
    public void The_position_is_right_in_a_very_long_line()
    {
        var sql = $"SELECT {string.Join(", ", Enumerable.Range(0, 200).Select(i => $"i AS c{i}"))}, nonsense, 'rest' FROM range(3) r(i)";
        var error = Assert.Throws<DuckDbException>(() => _connection.Execute(sql));
        Assert.Equal(sql.IndexOf("nonsense", StringComparison.Ordinal), error.Position);
        Assert.Contains("LINE 1: ...", error.Message);
    }

    [Theory]
    [InlineData("SELECT nonsense FROM range(3)", "nonsense")]
    [InlineData("SELECT *\nFROM range(1),\n  no_such_table t", "no_such_table")]
    public void The_printed_caret_is_read_where_the_caller_switched_structured_errors_off(string sql, string culprit)
    {
        _connection.Execute("SET errors_as_json = false");
        var error = Assert.Throws<DuckDbException>(() => _connection.Execute(sql));
        Assert.Equal(sql.IndexOf(culprit, StringComparison.Ordinal), error.Position);
        Assert.NotEqual(DuckDbErrorType.Unknown, error.ErrorType);
    }

    [Fact]
    public void The_message_shows_the_line_and_a_caret()
    {
        var error = Assert.Throws<DuckDbException>(() => _connection.Execute("SELECT 1,\n  nonsense\nFROM range(3)"));
        Assert.StartsWith("Binder Error: ", error.Message);
        Assert.EndsWith("LINE 2:   nonsense\n          ^", error.Message);
    }

    [Fact]
    public void The_hint_names_what_exists()
    {
        _connection.Execute("CREATE TABLE customers(customer_name VARCHAR)");
        Assert.Contains("customer_name", Assert.Throws<DuckDbException>(() => _connection.Execute("SELECT custmer_name FROM customers")).Hint);
        Assert.Contains("customers", Assert.Throws<DuckDbException>(() => _connection.Execute("SELECT * FROM custmers")).Hint);
    }

    [Theory]
    [InlineData("SELECT 'x'::INTEGER", DuckDbErrorType.Conversion)]
    [InlineData("SELECT 9223372036854775807 + i FROM range(1, 3) r(i)", DuckDbErrorType.OutOfRange)]
    [InlineData("CREATE TABLE k(i INTEGER PRIMARY KEY); INSERT INTO k VALUES (1), (1)", DuckDbErrorType.Constraint)]
    [InlineData("SELECT * FROM read_parquet('/no/such/file.parquet')", DuckDbErrorType.IO)]
    [InlineData("COMMIT", DuckDbErrorType.Transaction)]
    public void The_type_is_DuckDBs(string sql, DuckDbErrorType type) =>
        Assert.Equal(type, Assert.Throws<DuckDbException>(() => _connection.Execute(sql)).ErrorType);

    [Fact]
    public void An_unknown_setting_is_named() =>
        Assert.Contains("memry_limit", Assert.Throws<DuckDbException>(() => DuckDbDatabase.Open(settings: new Dictionary<string, string> { ["memry_limit"] = "1GB" })).Message);

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, new string('x', 20_000));
            Assert.Contains(file, Assert.Throws<DuckDbException>(() => DuckDbDatabase.Open(file)).Message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose() => _connection.Dispose();
}
