using Lakehouse.Catalog.Migrations;
using Lakehouse.Testing;
using Npgsql;

namespace Lakehouse.Catalog.Tests;

public sealed class MigratorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly Migration[] Two = [new(1, "001_a", "CREATE TABLE catalog.a (n int)"), new(2, "002_b", "CREATE TABLE catalog.b (n int)")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_database_gets_every_migration_once()
    {
        await using NpgsqlDataSource database = await DatabaseAsync();
        Assert.Equal(Migration.All.Select(m => m.Number), await new Migrator(database).MigrateAsync(Cancellation));
        Assert.Empty(await new Migrator(database).MigrateAsync(Cancellation));
    }

    [Fact]
    public void Numbers_have_no_gaps() => Assert.Equal(Enumerable.Range(1, Migration.All.Count), Migration.All.Select(m => m.Number));

    [Fact]
    public async Task Services_that_start_together_apply_each_migration_once()
    {
        await using NpgsqlDataSource database = await DatabaseAsync();
        IReadOnlyList<int>[] applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new Migrator(database, Two).MigrateAsync(Cancellation)));
        Assert.Equal([1, 2], applied.SelectMany(numbers => numbers).Order());
    }

    [Fact]
    public async Task An_older_database_gets_what_it_lacks()
    {
        await using NpgsqlDataSource database = await DatabaseAsync();
        await new Migrator(database, Two[..1]).MigrateAsync(Cancellation);
        Assert.Equal([2], await new Migrator(database, Two).MigrateAsync(Cancellation));
    }

    [Fact]
    public async Task A_newer_database_is_refused()
    {
        await using NpgsqlDataSource database = await DatabaseAsync();
        await new Migrator(database, Two).MigrateAsync(Cancellation);
        MigrationException error = await Assert.ThrowsAsync<MigrationException>(() => new Migrator(database, Two[..1]).MigrateAsync(Cancellation));
        Assert.Contains("002_b", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_was_changed_after_it_was_applied_is_refused()
    {
        await using NpgsqlDataSource database = await DatabaseAsync();
        await new Migrator(database, Two).MigrateAsync(Cancellation);
        Migration changed = Two[0] with { Sql = "CREATE TABLE catalog.a (n bigint)" };
        changed = new Migration(changed.Number, changed.Name, changed.Sql);
        MigrationException error = await Assert.ThrowsAsync<MigrationException>(() => new Migrator(database, [changed, Two[1]]).MigrateAsync(Cancellation));
        Assert.Contains("001_a was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_the_database_as_it_was()
    {
        await using NpgsqlDataSource database = await DatabaseAsync();
        Migration broken = new(2, "002_broken", "CREATE TABLE catalog.c (n int); SELECT 1/0");
        await Assert.ThrowsAsync<PostgresException>(() => new Migrator(database, [Two[0], broken]).MigrateAsync(Cancellation));
        Assert.Equal([1, 2], await new Migrator(database, Two).MigrateAsync(Cancellation));
    }

    private async Task<NpgsqlDataSource> DatabaseAsync() => NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
}
