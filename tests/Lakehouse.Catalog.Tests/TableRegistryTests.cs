using Lakehouse.Catalog.Migrations;
using Lakehouse.Catalog.Tables;
using Lakehouse.Engine;
using Lakehouse.Testing;
using Npgsql;

namespace Lakehouse.Catalog.Tests;

public sealed class TableRegistryTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly TableName Orders = new("silver", "orders");
    private readonly string folder = Directory.CreateTempSubdirectory("lakehouse-tests-").FullName;
    private readonly TableMeasures measures = new();
    private NpgsqlDataSource database = null!;
    private Lake lake = null!;
    private TableStore store = null!;
    private TableRegistry registry = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        await new Migrator(database).MigrateAsync(Cancellation);
        lake = Lake.Open(folder);
        store = new TableStore(database);
        registry = new TableRegistry(lake, store, measures);
    }

    public async ValueTask DisposeAsync()
    {
        measures.Dispose();
        if (lake is not null) await lake.DisposeAsync();
        if (database is not null) await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_announced_table_has_its_columns_rows_and_version()
    {
        await AppendAsync("SELECT 1::BIGINT AS id, 2.50::DECIMAL(12,2) AS amount, DATE '2026-01-01' AS day", new WriteOptions { PartitionBy = ["day"] });
        TableEntry entry = (await registry.RefreshAsync(Orders, Cancellation))!;
        TableEntry kept = (await store.FindAsync(new TableName("SILVER", "Orders"), Cancellation))!;
        Assert.Equal(("silver.orders", 0L, 1L, "silver/orders"), (kept.Name, kept.Version, kept.Rows, kept.Location));
        Assert.Equal([new("id", "long", true), new("amount", "decimal(12,2)", true), new("day", "date", true)], kept.Columns);
        Assert.Equal(["day"], kept.PartitionColumns);
        Assert.Equal((entry.CommittedAt, entry.Bytes), (kept.CommittedAt, kept.Bytes));
    }

    [Fact]
    public async Task What_nobody_announced_is_found_in_the_lake()
    {
        await AppendAsync("SELECT 1 AS id");
        Assert.Equal(1, await ReconcileAsync());
        await AppendAsync("SELECT 2 AS id");
        await AppendAsync("SELECT 3 AS id");
        Assert.Equal(1, await ReconcileAsync());
        Assert.Equal(0, await ReconcileAsync());
        Assert.Equal((2L, 3L), ((await store.FindAsync(Orders, Cancellation))!.Version, (await store.FindAsync(Orders, Cancellation))!.Rows));
    }

    [Fact]
    public async Task A_table_that_is_gone_is_forgotten_and_one_made_anew_begins_again()
    {
        await AppendAsync("SELECT 1 AS id");
        await AppendAsync("SELECT 2 AS id");
        await ReconcileAsync();
        string first = (await store.FindAsync(Orders, Cancellation))!.TableId;
        Directory.Delete(Path.Combine(folder, Orders.Path), recursive: true);
        Assert.Equal(1, await ReconcileAsync());
        Assert.Null(await store.FindAsync(Orders, Cancellation));

        await AppendAsync("SELECT 'x' AS name");
        await registry.RefreshAsync(Orders, Cancellation);
        TableEntry again = (await store.FindAsync(Orders, Cancellation))!;
        Assert.NotEqual(first, again.TableId);
        Assert.Equal((0L, "name"), (again.Version, again.Columns.Single().Name));
    }

    [Fact]
    public async Task An_older_version_never_replaces_a_newer_one()
    {
        await AppendAsync("SELECT 1 AS id");
        TableEntry old = (await registry.RefreshAsync(Orders, Cancellation))!;
        await AppendAsync("SELECT 2 AS id");
        await registry.RefreshAsync(Orders, Cancellation);
        await store.PutAsync(Orders, old, Cancellation);
        Assert.Equal(1, (await store.FindAsync(Orders, Cancellation))!.Version);
    }

    [Fact]
    public async Task A_table_that_cannot_be_read_hides_no_other()
    {
        await AppendAsync("SELECT 1 AS id");
        string log = Directory.CreateDirectory(Path.Combine(folder, "silver", "broken", "_delta_log")).FullName;
        await File.WriteAllTextAsync(Path.Combine(log, "00000000000000000000.json"), "not json", Cancellation);
        List<TableName> unreadable = [];
        await registry.ReconcileAsync((table, _) => unreadable.Add(table), Cancellation);
        Assert.Equal([new TableName("silver", "broken")], unreadable);
        Assert.NotNull(await store.FindAsync(Orders, Cancellation));
    }

    [Fact]
    public async Task A_table_that_is_not_in_the_lake_is_not_registered() =>
        Assert.Null(await registry.RefreshAsync(new TableName("silver", "nothing"), Cancellation));

    private Task<int> ReconcileAsync() => registry.ReconcileAsync((table, error) => Assert.Fail($"{table}: {error.Message}"), Cancellation);

    private async Task AppendAsync(string sql, WriteOptions? options = null)
    {
        // Writers are other processes: what they know of a table is not what the catalog knows.
        await using Lake writer = Lake.Open(folder);
        await using LakeSession session = writer.OpenSession();
        await writer.Table(Orders).AppendAsync(session.Connection, sql, options, Cancellation);
    }
}
