namespace Lakehouse.DuckDb.Tests;

public sealed class CancellationTests : IDisposable
{
    // Runs for hours when it is not interrupted.
    private const string Endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range, b.range) = 0";

    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _connection;

    public CancellationTests() => _connection = _database.Connect();

    [Fact]
    public async Task A_token_interrupts_a_running_statement()
    {
        _connection.Execute("CREATE TABLE t AS SELECT i FROM range(2000000) r(i)");
        using var cancel = new CancellationTokenSource();
        var seen = new Seen();
        var running = _connection.QueryAsync("SELECT count(*) FROM t a, t b WHERE hash(a.i, b.i) = 0", cancel.Token, seen);
        await seen.First.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.Equal(1, _connection.Scalar<int>("SELECT 1"));
    }

    [Fact]
    public async Task A_token_that_is_cancelled_before_runs_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _connection.ExecuteAsync("CREATE TABLE t(i INTEGER)", new CancellationToken(true)));
        Assert.Equal(0L, _connection.Scalar<long>("SELECT count(*) FROM duckdb_tables()"));
    }

    /// <summary>The cancellation falls everywhere around the start of the statement, where DuckDB forgets a single interrupt.</summary>
    [Fact]
    public async Task No_moment_of_cancelling_is_lost()
    {
        for (var i = 0; i < 40; i++)
        {
            using var cancel = new CancellationTokenSource();
            var running = _connection.ExecuteAsync(Endless, cancel.Token);
            Thread.SpinWait(i * 2000);
            cancel.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        Assert.Equal(1, _connection.Scalar<int>("SELECT 1"));
    }

    [Fact]
    public async Task A_token_interrupts_the_reading_of_chunks()
    {
        // The first rows fill DuckDB's buffer of a streamed result, so that it hands them out; after them none comes for hours.
        using var result = _connection.Query("SELECT i FROM range(10000000000000) r(i) WHERE i < 1000000 OR hash(i) = 0");
        Assert.True(result.NextChunk());
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await result.NextChunkAsync(cancel.Token).AsTask().WaitAsync(TimeSpan.FromSeconds(30)))
            {
            }
        });
        Assert.False(result.NextChunk());
    }

    [Fact]
    public async Task Interrupt_from_another_thread_is_an_error_of_type_Interrupt()
    {
        var running = _connection.ExecuteAsync(Endless);
        await RepeatUntilEndedAsync(running, _connection.Interrupt);

        Assert.Equal(DuckDbErrorType.Interrupt, (await Assert.ThrowsAsync<DuckDbException>(() => running)).ErrorType);
    }

    [Fact]
    public async Task A_command_can_be_cancelled_and_used_again()
    {
        using var command = new DuckDbCommand(Endless, _connection);
        var running = command.ExecuteScalarAsync();
        await RepeatUntilEndedAsync(running, command.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        command.CommandText = "SELECT 5";
        Assert.Equal(5, command.ExecuteScalar());
    }

    [Fact]
    public void A_command_that_takes_longer_than_its_timeout_is_interrupted()
    {
        using var command = new DuckDbCommand(Endless, _connection) { CommandTimeout = 1 };
        Assert.Contains("CommandTimeout of 1 s", Assert.Throws<TimeoutException>(() => command.ExecuteScalar()).Message);
    }

    [Fact]
    public async Task Progress_rises_to_one()
    {
        _connection.Execute("SET threads = 1; CREATE TABLE t AS SELECT i FROM range(500000) r(i)");
        var seen = new Seen();
        using var result = await _connection.QueryAsync("SELECT count(DISTINCT md5(i::VARCHAR)) FROM t", progress: seen);
        Assert.Equal(1, seen.Values[^1]);
        Assert.Equal(seen.Values.Order(), seen.Values);
        Assert.All(seen.Values, v => Assert.InRange(v, 0, 1));
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    private sealed class Seen : IProgress<double>
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal List<double> Values { get; } = [];

        /// <summary>Done at the first report.</summary>
        internal Task First => _first.Task;

        public void Report(double value)
        {
            lock (Values) Values.Add(value);
            _first.TrySetResult();
        }
    }

    // An interrupt that comes before the statement has begun is lost, and nothing says when it has: it is sent until it is heard.
    private static async Task RepeatUntilEndedAsync(Task running, Action interrupt)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!running.IsCompleted)
        {
            interrupt();
            await again.WaitForNextTickAsync(deadline.Token);
        }
    }
}
