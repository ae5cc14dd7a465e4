using Lakehouse.Ingestion.Sample;
using Lakehouse.Testing;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Tests.Sample;

public sealed class ChangeSimulatorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    // The most rows that a small transaction changes: an order, six lines, six holdings.
    private const int LargestTransaction = 13;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SimulatorPattern.Trickle)]
    [InlineData(SimulatorPattern.Burst)]
    [InlineData(SimulatorPattern.Schema)]
    public async Task Small_transactions_make_the_changes_that_rate_and_duration_ask_for(SimulatorPattern pattern)
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        SimulatorReport report = await RunAsync(database, pattern, changes: 2000);
        Assert.InRange(report.Changes, 2000, 2000 + LargestTransaction);
        Assert.InRange(report.Transactions, 2000 / LargestTransaction, 2000);
        Assert.Equal(report.Changes, report.ChangesByTable.Values.Sum());
        Assert.Equal(SampleBusiness.Tables.Order(), report.ChangesByTable.Keys.Order());
        await AssertConsistentAsync(database);
    }

    [Fact]
    public async Task Bulk_makes_few_large_transactions_over_several_tables()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        SimulatorReport report = await RunAsync(database, SimulatorPattern.Bulk, changes: 4000);
        Assert.Equal(4000, report.Changes);
        Assert.InRange(report.Transactions, 1, 10);
        Assert.Equal(["sales.customers", "sales.orders", "warehouse.stock_items"], report.ChangesByTable.Keys.Order());
        await AssertConsistentAsync(database);
    }

    [Fact]
    public async Task The_schema_pattern_adds_columns_and_widens_a_type()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        SimulatorReport report = await RunAsync(database, SimulatorPattern.Schema, changes: 2000);
        Assert.Equal(3, report.SchemaChanges.Count);
        Assert.Equal("bigint", await database.ScalarAsync<string>("SELECT data_type FROM information_schema.columns WHERE table_name = 'stock_item_holdings' AND column_name = 'quantity_on_hand'"));
        Assert.True(await database.ScalarAsync<long>("SELECT count(loyalty_tier) FROM sales.customers") > 0);
        Assert.Equal(0L, await database.ScalarAsync<long>("SELECT count(weight_grams) FROM warehouse.stock_items"));
    }

    [Fact]
    public async Task The_same_seed_makes_the_same_changes()
    {
        await using SampleDatabase first = await SampleDatabase.CreateAsync(postgres);
        await using SampleDatabase second = await SampleDatabase.CreateAsync(postgres);
        SimulatorReport one = await RunAsync(first, SimulatorPattern.Trickle, changes: 1000);
        SimulatorReport two = await RunAsync(second, SimulatorPattern.Trickle, changes: 1000);
        Assert.Equal(one.ChangesByTable.OrderBy(t => t.Key), two.ChangesByTable.OrderBy(t => t.Key));
        const string Lines = "SELECT md5(string_agg(concat_ws(',', order_line_id, stock_item_id, quantity, unit_price, discount_pct), ';' ORDER BY order_line_id)) FROM sales.order_lines";
        Assert.Equal(await first.ScalarAsync<string>(Lines), await second.ScalarAsync<string>(Lines));
    }

    [Fact]
    public async Task Samples_rise_and_lie_before_the_last_position()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        SimulatorReport report = await RunAsync(database, SimulatorPattern.Trickle, changes: 1000);
        Assert.NotEmpty(report.Samples);
        Assert.Equal(report.Samples.OrderBy(s => s.Lsn), report.Samples);
        Assert.Equal(report.Samples.OrderBy(s => s.CommittedAt), report.Samples);
        Assert.True(report.Samples[^1].Lsn < report.LastLsn);
        Assert.True(report.LastLsn <= await database.ScalarAsync<NpgsqlLogSequenceNumber>("SELECT pg_current_wal_insert_lsn()"));
    }

    [Fact]
    public async Task Cancelling_reports_what_was_done()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var progress = new RecordedProgress<SimulatorProgress>(p =>
        {
            if (p.Changes > 0) cancel.Cancel();
        });
        var simulator = new ChangeSimulator(database.Source, new SimulatorOptions { ChangesPerSecond = 2000 });
        SimulatorReport report = await simulator.RunAsync(progress, cancel.Token);
        Assert.True(report.Changes > 0);
        await AssertConsistentAsync(database);
    }

    [Fact]
    public async Task A_second_simulator_on_the_same_database_is_refused_until_the_first_ends()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var started = new TaskCompletionSource();
        var progress = new RecordedProgress<SimulatorProgress>(_ => started.TrySetResult());
        Task<SimulatorReport> first = new ChangeSimulator(database.Source, new SimulatorOptions { ChangesPerSecond = 100 }).RunAsync(progress, cancel.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(database, SimulatorPattern.Trickle, changes: 10));
        Assert.Contains("Another change simulator", error.Message, StringComparison.Ordinal);
        await cancel.CancelAsync();
        await first;
        Assert.True((await RunAsync(database, SimulatorPattern.Trickle, changes: 10)).Changes >= 10);
    }

    [Fact]
    public void A_rate_of_nothing_is_refused()
    {
        using Npgsql.NpgsqlDataSource nowhere = Npgsql.NpgsqlDataSource.Create("Host=127.0.0.1");
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChangeSimulator(nowhere, new SimulatorOptions { ChangesPerSecond = 0 }));
    }

    private static Task<SimulatorReport> RunAsync(SampleDatabase database, SimulatorPattern pattern, int changes)
    {
        // Half a second of work at a rate that comes to the wanted number.
        var options = new SimulatorOptions { Pattern = pattern, Duration = TimeSpan.FromSeconds(0.5), ChangesPerSecond = changes * 2, Seed = 42 };
        return new ChangeSimulator(database.Source, options).RunAsync(cancellationToken: Cancellation);
    }

    private static async Task AssertConsistentAsync(SampleDatabase database)
    {
        Assert.Equal(0L, await database.ScalarAsync<long>(SampleQuestions.WrongInvoices));
        Assert.Equal(0L, await database.ScalarAsync<long>(SampleQuestions.InvoicedOrdersWithoutInvoice));
        Assert.Equal(0L, await database.ScalarAsync<long>(SampleQuestions.OrdersWithoutLines));
    }
}
