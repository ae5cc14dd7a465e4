using Lakehouse.Ingestion.Sample;
using Lakehouse.Testing;
using Npgsql;

namespace Lakehouse.Ingestion.Tests.Sample;

public sealed class SampleBusinessTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_seed_and_scale_make_the_same_rows()
    {
        await using SampleDatabase first = await SampleDatabase.CreateAsync(postgres, seed: 7);
        await using SampleDatabase second = await SampleDatabase.CreateAsync(postgres, seed: 7);
        foreach (string table in SampleBusiness.Tables)
            Assert.Equal((table, await first.ChecksumAsync(table)), (table, await second.ChecksumAsync(table)));
    }

    [Fact]
    public async Task Another_seed_makes_other_rows()
    {
        await using SampleDatabase first = await SampleDatabase.CreateAsync(postgres, seed: 7);
        await using SampleDatabase second = await SampleDatabase.CreateAsync(postgres, seed: 8);
        foreach (string table in SampleBusiness.Tables)
            Assert.NotEqual(await first.ChecksumAsync(table), await second.ChecksumAsync(table));
    }

    [Fact]
    public async Task Row_counts_follow_the_scale()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        SampleRows rows = SampleRows.Of(SampleDatabase.Scale);
        Assert.Equal(rows.Suppliers, await CountAsync(database, "purchasing.suppliers"));
        Assert.Equal(rows.StockItems, await CountAsync(database, "warehouse.stock_items"));
        Assert.Equal(rows.StockItems, await CountAsync(database, "warehouse.stock_item_holdings"));
        Assert.Equal(rows.Customers, await CountAsync(database, "sales.customers"));
        Assert.Equal(rows.Orders, await CountAsync(database, "sales.orders"));
        Assert.InRange(await CountAsync(database, "sales.order_lines"), rows.Orders * 3, rows.Orders * 4);
        Assert.InRange(await CountAsync(database, "sales.invoices"), rows.Orders * 8 / 10, rows.Orders);
    }

    [Fact]
    public void Scale_one_is_about_a_million_rows()
    {
        SampleRows rows = SampleRows.Of(1);
        double total = rows.Suppliers + (2.0 * rows.StockItems) + rows.Customers + (rows.Orders * (1 + 3.5 + 0.89));
        Assert.InRange(total, 950_000, 1_050_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(1000)]
    public void A_scale_out_of_range_is_refused(double scale) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleRows.Of(scale));

    [Fact]
    public async Task Progress_names_every_table_once()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        var told = new RecordedProgress<SeedProgress>();
        long total = await SampleBusiness.SeedAsync(source, SampleDatabase.Scale, 1, told, Cancellation);
        Assert.Equal(SampleBusiness.Tables, told.Values.Select(p => p.Table));
        Assert.Equal(total, told.Values.Sum(p => p.Rows));
    }

    [Fact]
    public async Task A_seeded_database_is_not_seeded_over()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        string before = await database.ChecksumAsync("sales.orders");
        await Assert.ThrowsAsync<PostgresException>(() => SampleBusiness.SeedAsync(database.Source, SampleDatabase.Scale, 2, cancellationToken: Cancellation));
        Assert.Equal(before, await database.ChecksumAsync("sales.orders"));
    }

    [Fact]
    public async Task A_cancelled_seeding_leaves_nothing_behind()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        using var cancel = new CancellationTokenSource();
        var progress = new RecordedProgress<SeedProgress>(_ => cancel.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SampleBusiness.SeedAsync(source, SampleDatabase.Scale, 1, progress, cancel.Token));
        Assert.False(await SampleBusiness.ExistsAsync(source, Cancellation));
    }

    [Fact]
    public async Task Replica_identities_are_full_and_default_in_turn()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        string full = await database.ScalarAsync<string>("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relreplident = 'f'");
        Assert.Equal("customers,stock_items", full);
    }

    [Fact]
    public async Task Invoices_are_the_sums_of_their_lines()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        Assert.Equal(0L, await database.ScalarAsync<long>(SampleQuestions.WrongInvoices));
    }

    [Fact]
    public async Task Long_comments_are_stored_out_of_line()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        Assert.True(await database.ScalarAsync<long>("SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE oid = 'sales.orders'::regclass") > 0);
    }

    private static async Task<long> CountAsync(SampleDatabase database, string table) =>
        await database.ScalarAsync<long>($"SELECT count(*) FROM {table}");
}
