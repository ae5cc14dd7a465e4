namespace Lakehouse.DuckDb.Tests;

public sealed class DatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lakehouse-duckdb-").FullName;

    private string File => Path.Combine(_folder, "test.duckdb");

    [Fact]
    public void Connections_share_what_one_of_them_commits()
    {
        using var database = DuckDbDatabase.Open();
        using DuckDbConnection one = database.Connect(), two = database.Connect();
        one.Execute("CREATE TABLE t(i INTEGER); BEGIN; INSERT INTO t VALUES (1)");
        Assert.Equal(0L, two.Scalar<long>("SELECT count(*) FROM t"));
        one.Execute("COMMIT");
        Assert.Equal(1L, two.Scalar<long>("SELECT count(*) FROM t"));
    }

    [Fact]
    public void Two_databases_in_memory_are_apart()
    {
        using DuckDbDatabase one = DuckDbDatabase.Open(), two = DuckDbDatabase.Open();
        using DuckDbConnection a = one.Connect(), b = two.Connect();
        a.Execute("CREATE TABLE t(i INTEGER)");
        Assert.Throws<DuckDbException>(() => b.Execute("SELECT * FROM t"));
    }

    [Fact]
    public void A_file_keeps_its_tables()
    {
        using (var database = DuckDbDatabase.Open(File))
        {
            using var connection = database.Connect();
            connection.Execute("CREATE TABLE t AS SELECT 42 AS i");
        }

        using var again = DuckDbDatabase.Open(File);
        using var reader = again.Connect();
        Assert.Equal(42, reader.Scalar<int>("SELECT i FROM t"));
    }

    [Fact]
    public void A_read_only_database_refuses_writes()
    {
        using (var database = DuckDbDatabase.Open(File))
        using (var connection = database.Connect()) connection.Execute("CREATE TABLE t AS SELECT 42 AS i");

        using var readOnly = new DuckDbConnection($"Data Source={File};access_mode=read_only");
        readOnly.Open();
        Assert.Equal(42, readOnly.Scalar<int>("SELECT i FROM t"));
        Assert.Equal(DuckDbErrorType.InvalidInput, Assert.Throws<DuckDbException>(() => readOnly.Execute("INSERT INTO t VALUES (1)")).ErrorType);
    }

    [Fact]
    public void Connection_strings_of_one_process_to_one_file_share_it()
    {
        using DuckDbConnection one = new($"Data Source={File}"), two = new($"DataSource={File}");
        one.Open();
        two.Open();
        one.Execute("CREATE TABLE t AS SELECT 42 AS i");
        Assert.Equal(42, two.Scalar<int>("SELECT i FROM t"));
    }

    [Fact]
    public void Settings_of_the_connection_string_are_DuckDBs()
    {
        using var connection = new DuckDbConnection("Data Source=:memory:;threads=1;memory_limit=256MB");
        connection.Open();
        Assert.Equal(1, connection.Scalar<int>("SELECT current_setting('threads')"));
        Assert.Equal("244.1 MiB", connection.Scalar<string>("SELECT current_setting('memory_limit')"));
    }

    [Fact]
    public void Things_can_be_disposed_in_any_order()
    {
        var database = DuckDbDatabase.Open(File);
        var connection = database.Connect();
        var result = connection.Query("SELECT i, 'a text that is longer than twelve' FROM range(100000) r(i)");
        Assert.True(result.NextChunk());
        database.Dispose();
        Assert.True(result.NextChunk());
        Assert.Equal("a text that is longer than twelve", result.Column(1).GetString(3));
        Assert.Throws<ObjectDisposedException>(database.Connect);
        connection.Dispose();
        Assert.Throws<ObjectDisposedException>(() => result.NextChunk());
        result.Dispose();
        connection.Dispose();
        database.Dispose();

        // The file is free again only when everything native is gone.
        using var again = DuckDbDatabase.Open(File, new Dictionary<string, string> { ["access_mode"] = "read_only" });
    }

    [Fact]
    public void An_appender_outlives_its_connections_disposal()
    {
        var database = DuckDbDatabase.Open();
        var connection = database.Connect();
        connection.Execute("CREATE TABLE t(i INTEGER)");
        var appender = connection.CreateAppender("t");
        using var chunk = new DuckDbChunk(appender.ColumnTypes) { RowCount = 1 };
        chunk.Column(0).SetValue(0, 5);
        connection.Dispose();
        database.Dispose();
        appender.Append(chunk);
        appender.Flush();
        appender.Dispose();
        appender.Dispose();
    }

    [Fact]
    public void What_nobody_disposed_is_collected()
    {
        for (var i = 0; i < 20; i++) LeaveOpen();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        Assert.Equal(1, connection.Scalar<int>("SELECT 1"));

        static void LeaveOpen()
        {
            var connection = DuckDbDatabase.Open().Connect();
            var result = connection.Query("SELECT * FROM range(100000)");
            result.NextChunk();
            _ = new DuckDbChunk([DuckDbType.Varchar, DuckDbType.List(DuckDbType.Integer)]);
        }
    }

    [Fact]
    public async Task Many_connections_work_at_once()
    {
        using var database = DuckDbDatabase.Open(settings: new Dictionary<string, string> { ["threads"] = "2" });
        using (var connection = database.Connect()) connection.Execute("CREATE TABLE t(worker INTEGER, i BIGINT)");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            using var connection = database.Connect();
            using var appender = connection.CreateAppender("t");
            using var chunk = new DuckDbChunk(appender.ColumnTypes);
            for (var round = 0; round < 5; round++)
            {
                chunk.Reset();
                for (var row = 0; row < 1000; row++)
                {
                    chunk.Column(0).Values<int>()[row] = worker;
                    chunk.Column(1).Values<long>()[row] = round * 1000 + row;
                }

                chunk.RowCount = 1000;
                appender.Append(chunk);
                appender.Flush();
                // Planned and run in one transaction: see DuckDbConnection.Query.
                connection.Execute("BEGIN");
                Assert.Equal((round + 1) * 1000, connection.Scalar<long>($"SELECT count(*) FROM t WHERE worker = {worker}"));
                connection.Execute("COMMIT");
            }
        })));
        using var reader = database.Connect();
        Assert.Equal(8L * 5000 * 4999 / 2, reader.Scalar<long>("SELECT sum(i) FROM t"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
