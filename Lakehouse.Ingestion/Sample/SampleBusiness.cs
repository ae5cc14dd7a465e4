using Npgsql;

namespace Lakehouse.Ingestion.Sample;

/// <summary>How far seeding has come.</summary>
/// <param name="Table">The table just filled, as schema.table.</param>
/// <param name="Rows">Rows written to it.</param>
/// <param name="TablesDone">Tables filled so far.</param>
/// <param name="Tables">Tables in all.</param>
public readonly record struct SeedProgress(string Table, long Rows, int TablesDone, int Tables);

/// <summary>
/// A wholesale importer of novelties: customers, orders, invoices, stock and suppliers in a PostgreSQL database
/// (see docs/sample-business.md). The server draws the rows itself, each from a hash of the seed and the row's number:
/// the same seed and scale make the same rows.
/// </summary>
public static class SampleBusiness
{
    private static readonly (string File, string Table)[] Steps =
    [
        ("suppliers", "purchasing.suppliers"),
        ("stock_items", "warehouse.stock_items"),
        ("stock_item_holdings", "warehouse.stock_item_holdings"),
        ("customers", "sales.customers"),
        ("orders", "sales.orders"),
        ("order_lines", "sales.order_lines"),
        ("invoices", "sales.invoices"),
    ];

    /// <summary>The tables, as schema.table, referenced ones first.</summary>
    public static IReadOnlyList<string> Tables { get; } = [.. Steps.Select(step => step.Table)];

    /// <summary>Whether the database holds the sample business.</summary>
    public static async Task<bool> ExistsAsync(NpgsqlDataSource source, CancellationToken cancellationToken = default)
    {
        await using NpgsqlCommand command = source.CreateCommand("SELECT to_regclass('sales.orders') IS NOT NULL");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Makes schemas, tables and rows in one transaction: all of it, or nothing.</summary>
    /// <param name="source">An existing database without schemas sales, warehouse and purchasing.</param>
    /// <param name="scale">1 makes about a million rows over all tables.</param>
    /// <param name="seed">What the rows are drawn from.</param>
    /// <param name="progress">Told after each table.</param>
    /// <param name="cancellationToken">Cancels; nothing is left behind.</param>
    /// <returns>Rows over all tables.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The scale is out of range.</exception>
    /// <exception cref="PostgresException">The schemas exist already, or the user may not create them.</exception>
    public static async Task<long> SeedAsync(NpgsqlDataSource source, double scale, int seed, IProgress<SeedProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        SampleRows rows = SampleRows.Of(scale);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        // Sorts and hash joins of a whole table should stay in memory, for this transaction only.
        await ExecuteAsync(connection, "SET LOCAL work_mem = '64MB'; SET LOCAL maintenance_work_mem = '128MB'; SET LOCAL timezone = 'UTC'", cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, SampleSql.Read("schema"), cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, SampleSql.Read("random", ("seed", seed)), cancellationToken).ConfigureAwait(false);
        long total = 0;
        for (int i = 0; i < Steps.Length; i++)
        {
            string insert = SampleSql.Read(Steps[i].File,
                ("suppliers", rows.Suppliers), ("stock_items", rows.StockItems), ("customers", rows.Customers), ("orders", rows.Orders));
            long written = await ExecuteAsync(connection, insert, cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, $"ANALYZE {Steps[i].Table}", cancellationToken).ConfigureAwait(false);
            total += written;
            progress?.Report(new SeedProgress(Steps[i].Table, written, i + 1, Steps.Length));
        }
        await ExecuteAsync(connection, SampleSql.Read("constraints"), cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, "DROP FUNCTION pg_temp.pick", cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return total;
    }

    private static async Task<long> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
