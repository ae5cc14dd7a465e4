using System.Data;
using System.Data.Common;

namespace Lakehouse.DuckDb.Tests;

/// <summary>The provider as code sees it that knows only ADO.NET.</summary>
public sealed class AdoTests : IDisposable
{
    private readonly DbConnection _connection;

    public AdoTests()
    {
        _connection = DuckDbProviderFactory.Instance.CreateConnection()!;
        _connection.ConnectionString = "Data Source=:memory:";
        _connection.Open();
        Run("CREATE TABLE t(id INTEGER PRIMARY KEY, name VARCHAR, price DECIMAL(10,2)); INSERT INTO t VALUES (1, 'one', 1.50), (2, NULL, 2.25)");
    }

    [Fact]
    public void The_registered_factory_makes_all_parts()
    {
        DbProviderFactories.RegisterFactory("Lakehouse.DuckDb", DuckDbProviderFactory.Instance);
        var factory = DbProviderFactories.GetFactory("Lakehouse.DuckDb");
        using var connection = factory.CreateConnection()!;
        var builder = factory.CreateConnectionStringBuilder()!;
        builder["Data Source"] = ":memory:";
        builder["threads"] = "1";
        connection.ConnectionString = builder.ConnectionString;
        connection.Open();
        using var command = factory.CreateCommand()!;
        command.Connection = connection;
        command.CommandText = "SELECT $value + 1";
        var parameter = factory.CreateParameter()!;
        parameter.ParameterName = "value";
        parameter.Value = 41;
        command.Parameters.Add(parameter);

        Assert.Equal(42, Convert.ToInt32(command.ExecuteScalar(), null));
        Assert.Same(factory, DbProviderFactories.GetFactory(connection));
    }

    [Fact]
    public void A_reader_gives_names_types_values_and_nulls()
    {
        using var command = Command("SELECT id, name, price FROM t ORDER BY id");
        using var reader = command.ExecuteReader();
        Assert.True(reader.HasRows);
        Assert.Equal(["id", "name", "price"], Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
        Assert.Equal([typeof(int), typeof(string), typeof(decimal)], Enumerable.Range(0, reader.FieldCount).Select(reader.GetFieldType));
        Assert.Equal(2, reader.GetOrdinal("price"));
        Assert.True(reader.Read());
        Assert.Equal((1, "one", 1.50m), (reader.GetInt32(0), reader.GetString(1), reader.GetDecimal(2)));
        Assert.True(reader.Read());
        Assert.True(reader.IsDBNull(1));
        Assert.Equal(DBNull.Value, reader["name"]);
        Assert.Throws<InvalidCastException>(() => reader.GetString(1));
        Assert.False(reader.Read());
        Assert.Throws<InvalidOperationException>(() => reader.GetInt32(0));
    }

    [Fact]
    public void A_reader_describes_its_columns_and_fills_a_table()
    {
        using var command = Command("SELECT id, name, price FROM t");
        using var reader = command.ExecuteReader();
        var price = reader.GetColumnSchema()[2];
        Assert.Equal(("price", typeof(decimal), 10, 2), (price.ColumnName, price.DataType, price.NumericPrecision, price.NumericScale));
        var table = new DataTable();
        table.Load(reader);
        Assert.Equal(2, table.Rows.Count);
        Assert.Equal(2.25m, table.Rows[1]["price"]);
    }

    [Fact]
    public void Several_statements_give_several_results()
    {
        using var command = Command("SELECT 1; INSERT INTO t VALUES (3, 'three', 3); SELECT name FROM t WHERE id = 3");
        using var reader = command.ExecuteReader();
        Assert.True(reader.Read());
        Assert.Equal(1, reader.GetInt32(0));
        Assert.True(reader.NextResult());
        Assert.Equal(1, reader.RecordsAffected);
        Assert.True(reader.Read());
        Assert.Equal("three", reader.GetString(0));
        Assert.False(reader.NextResult());
    }

    [Fact]
    public async Task The_asynchronous_methods_do_the_same()
    {
        await using var command = Command("INSERT INTO t VALUES (4, 'four', 4), (5, 'five', 5)");
        Assert.Equal(2, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        command.CommandText = "SELECT count(*) FROM t";
        Assert.Equal(4L, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        command.CommandText = "SELECT id FROM t ORDER BY id";
        var ids = new List<int>();
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) ids.Add(await reader.GetFieldValueAsync<int>(0, TestContext.Current.CancellationToken));
        Assert.Equal([1, 2, 4, 5], ids);
    }

    [Theory]
    [InlineData("SELECT name FROM t WHERE id = ?")]
    [InlineData("SELECT name FROM t WHERE id = $1")]
    public void Parameters_by_position(string sql)
    {
        using var command = new DuckDbCommand(sql, (DuckDbConnection)_connection);
        command.Parameters.AddValue(1);
        Assert.Equal("one", command.ExecuteScalar());
        command.Parameters[0].Value = 2;
        Assert.Equal(DBNull.Value, command.ExecuteScalar());
        command.Parameters[0].Value = 9;
        Assert.Null(command.ExecuteScalar());
    }

    [Fact]
    public void A_parameter_that_is_missing_or_not_used_is_named()
    {
        using var command = new DuckDbCommand("SELECT $a + $b", (DuckDbConnection)_connection);
        command.Parameters.AddWithValue("a", 1);
        Assert.Contains("$b", Assert.Throws<InvalidOperationException>(() => command.ExecuteScalar()).Message);
        command.Parameters.AddWithValue("$b", 2);
        Assert.Equal(3, Convert.ToInt32(command.ExecuteScalar(), null));
        command.Parameters.AddWithValue("c", 3);
        Assert.Contains("$c", Assert.Throws<InvalidOperationException>(() => command.ExecuteScalar()).Message);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 2)]
    public void A_transaction_commits_or_rolls_back(bool commit, long rows)
    {
        using (var transaction = _connection.BeginTransaction())
        {
            Assert.Equal(IsolationLevel.Snapshot, transaction.IsolationLevel);
            Run("INSERT INTO t VALUES (7, 'seven', 7)");
            if (commit) transaction.Commit();
        }

        Assert.Equal(rows, Command("SELECT count(*) FROM t").ExecuteScalar());
    }

    [Fact]
    public void A_conflict_of_two_transactions_is_transient()
    {
        using var database = DuckDbDatabase.Open();
        using DuckDbConnection one = database.Connect(), two = database.Connect();
        one.Execute("CREATE TABLE c AS SELECT 1 AS n");
        using var first = one.BeginTransaction();
        using var second = two.BeginTransaction();
        one.Execute("UPDATE c SET n = 2");
        var error = Assert.Throws<DuckDbException>(() => two.Execute("UPDATE c SET n = 3"));
        Assert.Equal(DuckDbErrorType.Transaction, error.ErrorType);
        Assert.True(error.IsTransient);
        Assert.IsAssignableFrom<DbException>(error);
    }

    [Fact]
    public void What_DuckDB_has_not_is_refused_in_words()
    {
        Assert.Throws<NotSupportedException>(() => _connection.BeginTransaction(IsolationLevel.Serializable));
        using var command = Command("SELECT 1");
        Assert.Throws<NotSupportedException>(() => command.CommandType = CommandType.StoredProcedure);
        using var transaction = _connection.BeginTransaction();
        Assert.Contains("nested", Assert.Throws<InvalidOperationException>(() => _connection.BeginTransaction()).Message);
    }

    [Fact]
    public void A_connection_tells_its_state()
    {
        var seen = new List<ConnectionState>();
        using var connection = new DuckDbConnection("Data Source=:memory:");
        connection.StateChange += (_, change) => seen.Add(change.CurrentState);
        Assert.Throws<InvalidOperationException>(() => connection.Execute("SELECT 1"));
        connection.Open();
        Assert.Throws<InvalidOperationException>(connection.Open);
        Assert.Equal(DuckDbDatabase.LibraryVersion, connection.ServerVersion);
        using var reader = new DuckDbCommand("SELECT 1", connection).ExecuteReader(CommandBehavior.CloseConnection);
        reader.Close();
        Assert.Equal(ConnectionState.Closed, connection.State);
        Assert.Equal([ConnectionState.Open, ConnectionState.Closed], seen);
    }

    public void Dispose() => _connection.Dispose();

    private DbCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private void Run(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }
}
