namespace Lakehouse.DuckDb.Tests;

public sealed class ScalarFunctionTests : IDisposable
{
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _connection;

    public ScalarFunctionTests() => _connection = _database.Connect();

    [Fact]
    public void A_function_sees_whole_columns()
    {
        _connection.RegisterScalarFunction("times", [DuckDbType.BigInt, DuckDbType.BigInt], DuckDbType.BigInt, static (input, output) =>
        {
            ReadOnlySpan<long> left = input[0].Values<long>(), right = input[1].Values<long>();
            var product = output.Values<long>();
            for (var i = 0; i < left.Length; i++) product[i] = left[i] * right[i];
        });
        Assert.Equal(0L, _connection.Scalar<long>("SELECT count(*) FROM range(1000000) r(i) WHERE times(i, 3) <> i * 3"));
        Assert.Equal(42L, _connection.Scalar<long>("SELECT times(6, 7)"));
    }

    [Fact]
    public void A_null_argument_gives_null_without_the_body_doing_anything()
    {
        _connection.RegisterScalarFunction("one", [DuckDbType.BigInt], DuckDbType.Integer, static (input, output) => output.Values<int>()[..input.RowCount].Fill(1));
        Assert.Equal(3333L, _connection.Scalar<long>("SELECT count(one(CASE WHEN i % 3 = 1 THEN i END)) FROM range(10000) r(i)"));
    }

    [Fact]
    public void A_body_that_asks_for_nulls_gets_them()
    {
        _connection.RegisterScalarFunction("or_zero", [DuckDbType.BigInt], DuckDbType.BigInt, static (input, output) =>
        {
            for (var i = 0; i < input.RowCount; i++) output.Values<long>()[i] = input[0].IsNull(i) ? 0 : input[0].Values<long>()[i];
        }, DuckDbFunctionOptions.SeesNulls);
        Assert.Equal(10_000L, _connection.Scalar<long>("SELECT count(or_zero(CASE WHEN i % 3 = 1 THEN i END)) FROM range(10000) r(i)"));
    }

    [Fact]
    public void Text_goes_in_and_out()
    {
        _connection.RegisterScalarFunction("shout", [DuckDbType.Varchar], DuckDbType.Varchar, static (input, output) =>
        {
            for (var i = 0; i < input.RowCount; i++)
                if (input[0].GetString(i) is { } text) output.SetString(i, text.ToUpperInvariant() + "!");
        });
        Assert.Equal("EIN LÄNGERER TEXT!", _connection.Scalar<string>("SELECT shout('ein längerer text')"));
        Assert.Equal(5000L, _connection.Scalar<long>("SELECT count(*) FROM range(5000) r(i) WHERE shout('row number ' || i) = 'ROW NUMBER ' || i || '!'"));
    }

    [Fact]
    public void Lists_can_be_returned()
    {
        _connection.RegisterScalarFunction("upto", [DuckDbType.BigInt], DuckDbType.List(DuckDbType.BigInt), static (input, output) =>
        {
            for (var i = 0; i < input.RowCount; i++) output.SetValue(i, Enumerable.Range(0, (int)input[0].Values<long>()[i]).ToArray());
        });
        Assert.Equal(0L, _connection.Scalar<long>("SELECT count(*) FROM range(3000) r(i) WHERE upto(i % 7) IS DISTINCT FROM range(i % 7)"));
    }

    [Fact]
    public void An_exception_fails_the_statement_and_not_the_process()
    {
        _connection.RegisterScalarFunction("fails", [DuckDbType.BigInt], DuckDbType.BigInt, static (input, _) =>
        {
            if (input[0].Values<long>().Contains(7777)) throw new InvalidOperationException("7777 is not wanted");
        }, DuckDbFunctionOptions.Volatile);
        var error = Assert.Throws<DuckDbException>(() => _connection.Execute("SELECT sum(fails(i)) FROM range(1000000) r(i)"));
        Assert.Equal(DuckDbErrorType.InvalidInput, error.ErrorType);
        Assert.Contains("fails: 7777 is not wanted", error.Message);
        Assert.Equal(1, _connection.Scalar<int>("SELECT 1"));
    }

    [Fact]
    public void Other_connections_of_the_database_see_it()
    {
        _connection.RegisterScalarFunction("seven", [], DuckDbType.Integer, static (input, output) => output.Values<int>()[..input.RowCount].Fill(7));
        using var other = _database.Connect();
        Assert.Equal(7, other.Scalar<int>("SELECT seven()"));
    }

    [Fact]
    public void Many_threads_call_it_at_once()
    {
        _connection.Execute("SET threads = 4; CREATE TABLE t AS SELECT i FROM range(2000000) r(i)");
        _connection.RegisterScalarFunction("same", [DuckDbType.BigInt], DuckDbType.BigInt, static (input, output) => input[0].Values<long>().CopyTo(output.Values<long>()));
        Assert.Equal(0L, _connection.Scalar<long>("SELECT count(*) FROM t WHERE same(i) <> i"));
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }
}
