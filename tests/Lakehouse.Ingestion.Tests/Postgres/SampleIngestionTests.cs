using Lakehouse.Ingestion.Sample;
using Lakehouse.Testing;

namespace Lakehouse.Ingestion.Tests.Postgres;

/// <summary>The sample business from its seed through the simulator's changes into bronze.</summary>
public sealed class SampleIngestionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly (string Table, string Key)[] Tables =
    [
        ("sales.customers", "customer_id"), ("sales.orders", "order_id"), ("sales.order_lines", "order_line_id"), ("sales.invoices", "invoice_id"),
        ("warehouse.stock_items", "stock_item_id"), ("warehouse.stock_item_holdings", "stock_item_id"), ("purchasing.suppliers", "supplier_id"),
    ];

    [Theory]
    [InlineData(SimulatorPattern.Trickle)]
    [InlineData(SimulatorPattern.Bulk)]
    [InlineData(SimulatorPattern.Schema)]
    public async Task Bronze_follows_the_source_while_the_simulator_writes(SimulatorPattern pattern)
    {
        var ct = TestContext.Current.CancellationToken;
        await using var ingestion = new Ingestion(await postgres.CreateDatabaseAsync());
        ingestion.Options = ingestion.Options with { Tables = ["sales.*", "warehouse.*", "purchasing.*"] };
        await SampleBusiness.SeedAsync(ingestion.Source, 0.01, 1, cancellationToken: ct);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var ingester = ingestion.Ingester();
        var running = ingester.RunAsync(stop.Token);
        var simulator = new ChangeSimulator(ingestion.Source, new SimulatorOptions { Pattern = pattern, ChangesPerSecond = 1000, Duration = TimeSpan.FromSeconds(2), Cycle = TimeSpan.FromSeconds(1) });
        var report = await simulator.RunAsync(cancellationToken: ct);
        var reached = ingester.WaitForAsync(report.LastLsn, ct).WaitAsync(TimeSpan.FromSeconds(60), ct);
        await Task.WhenAny(reached, running);
        await stop.CancelAsync();
        await running;
        await reached;

        foreach (var (table, key) in Tables) await SourceComparison.AssertSameAsync(ingestion, table, key);
        var last = Assert.Single(await ingestion.QueryAsync("SELECT max(to_lsn) FROM bronze._commits"));
        Assert.True((ulong)report.LastLsn <= ulong.Parse(last) || ingester.Position >= report.LastLsn);
    }
}
