using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Sample;

/// <summary>
/// Runs the sample business: orders are placed, picked, invoiced, paid, cancelled and deleted, customers move, prices
/// change, in transactions over several tables, at a set rate (see docs/sample-business.md). What happens, and in which
/// order, depends on the seed and on the rows found at the start, not on timing. One simulator at a time may work on a
/// database; a second one is refused.
/// </summary>
public sealed class ChangeSimulator
{
    // Any constant of our own: the advisory lock that a running simulator holds.
    private const long LockKey = 0x4C4B_5349_4D01;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    // What the schema pattern does, when this part of the changes is through.
    private static readonly (double Part, string Sql)[] SchemaSteps =
    [
        (0.25, "ALTER TABLE sales.customers ADD COLUMN IF NOT EXISTS loyalty_tier text"),
        (0.50, "ALTER TABLE warehouse.stock_item_holdings ALTER COLUMN quantity_on_hand TYPE bigint"),
        (0.75, "ALTER TABLE warehouse.stock_items ADD COLUMN IF NOT EXISTS weight_grams int"),
    ];

    // Without an end there are no parts of it: then the steps come at these multiples of this many changes.
    private const long OpenEndedChanges = 4000;

    private readonly NpgsqlDataSource source;
    private readonly SimulatorOptions options;
    private readonly SimulatorPace pace;

    /// <summary>Prepares a simulation.</summary>
    /// <param name="source">A database that <see cref="SampleBusiness"/> seeded.</param>
    /// <param name="options">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate, the duration or the cycle is not above 0.</exception>
    public ChangeSimulator(NpgsqlDataSource source, SimulatorOptions options)
    {
        options.Check();
        this.source = source;
        this.options = options;
        pace = new SimulatorPace(options);
    }

    /// <summary>Runs to the end, or until cancelled: then the transaction under way is finished and the report covers what was done.</summary>
    /// <exception cref="InvalidOperationException">Another simulator works on this database, or it is empty.</exception>
    /// <exception cref="NpgsqlException">The server failed; the outcome of the last transaction is then unknown.</exception>
    public async Task<SimulatorReport> RunAsync(IProgress<SimulatorProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await LockAsync(connection, cancellationToken).ConfigureAwait(false);
        try
        {
            SimulatedBusiness business = await SimulatedBusiness.LoadAsync(connection, options.Seed, cancellationToken).ConfigureAwait(false);
            var run = new Run(connection, business);
            using var timer = new PeriodicTimer(Tick);
            TimeSpan reported = TimeSpan.Zero;
            bool over = false;
            while (!over && !cancellationToken.IsCancellationRequested)
            {
                over = pace.IsOver(run.Elapsed);
                await CatchUpAsync(run, pace.Due(run.Elapsed), cancellationToken).ConfigureAwait(false);
                if (over || run.Elapsed - reported >= ReportInterval)
                {
                    reported = run.Elapsed;
                    progress?.Report(new SimulatorProgress(run.Changes, run.Transactions, reported));
                }
                if (!over) await WaitAsync(timer, cancellationToken).ConfigureAwait(false);
            }
            return await run.ReportAsync().ConfigureAwait(false);
        }
        finally
        {
            await UnlockAsync(connection).ConfigureAwait(false);
        }
    }

    private async Task CatchUpAsync(Run run, long due, CancellationToken cancellationToken)
    {
        while (run.Changes < due && !cancellationToken.IsCancellationRequested)
        {
            if (options.Pattern == SimulatorPattern.Schema) await ChangeSchemaAsync(run).ConfigureAwait(false);
            SimulatedTransaction next = options.Pattern == SimulatorPattern.Bulk
                ? run.Business.DrawBulk(due - run.Changes)
                : run.Business.Draw();
            await run.CommitAsync(next).ConfigureAwait(false);
        }
    }

    private async Task ChangeSchemaAsync(Run run)
    {
        long all = options.Duration is { } duration ? (long)(options.ChangesPerSecond * duration.TotalSeconds) : OpenEndedChanges;
        while (run.SchemaChanges.Count < SchemaSteps.Length && run.Changes >= SchemaSteps[run.SchemaChanges.Count].Part * all)
            await run.ChangeSchemaAsync(SchemaSteps[run.SchemaChanges.Count].Sql).ConfigureAwait(false);
        run.Business.FillsLoyaltyTier = run.SchemaChanges.Count > 0;
    }

    private static async Task WaitAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it too, and reports what was done.
        }
    }

    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({LockKey})", connection);
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
            throw new InvalidOperationException($"Another change simulator works on database '{connection.Database}'; stop it first.");
    }

    private static async Task UnlockAsync(NpgsqlConnection connection)
    {
        if (connection.State != System.Data.ConnectionState.Open) return;   // the lock went with the connection
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_unlock({LockKey})", connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>One run's connection and its counts. Statements are never cancelled: each transaction's outcome is known.</summary>
    private sealed class Run(NpgsqlConnection connection, SimulatedBusiness business)
    {
        private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(10);

        private readonly Stopwatch clock = Stopwatch.StartNew();
        private readonly Dictionary<string, long> changesByTable = new(StringComparer.Ordinal);
        private readonly List<SimulatorSample> samples = [];
        private TimeSpan sampled;

        public SimulatedBusiness Business => business;

        public TimeSpan Elapsed => clock.Elapsed;

        public long Changes { get; private set; }

        public long Transactions { get; private set; }

        public List<string> SchemaChanges { get; } = [];

        public async Task CommitAsync(SimulatedTransaction transaction)
        {
            await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
            foreach (SimulatedStatement statement in transaction.Statements) batch.BatchCommands.Add(statement.ToCommand());
            // The last statement sees the position right before the commit; a batch is one transaction.
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT clock_timestamp(), pg_current_wal_insert_lsn()"));
            SimulatorSample sample;
            await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync().ConfigureAwait(false))
            {
                await reader.ReadAsync().ConfigureAwait(false);
                sample = new SimulatorSample(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<NpgsqlLogSequenceNumber>(1));
                await reader.NextResultAsync().ConfigureAwait(false);
            }
            Count(transaction, batch);
            if (samples.Count == 0 || clock.Elapsed - sampled >= SampleInterval)
            {
                sampled = clock.Elapsed;
                samples.Add(sample);
            }
            transaction.Committed?.Invoke();
        }

        public async Task ChangeSchemaAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            SchemaChanges.Add(sql);
        }

        public async Task<SimulatorReport> ReportAsync()
        {
            await using var command = new NpgsqlCommand("SELECT pg_current_wal_lsn()", connection);
            return new SimulatorReport
            {
                Changes = Changes,
                ChangesByTable = changesByTable,
                Transactions = Transactions,
                SchemaChanges = SchemaChanges,
                LastLsn = (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync().ConfigureAwait(false))!,
                Samples = samples,
                Elapsed = clock.Elapsed,
            };
        }

        private void Count(SimulatedTransaction transaction, NpgsqlBatch batch)
        {
            for (int i = 0; i < transaction.Statements.Count; i++)
            {
                string table = transaction.Statements[i].Table;
                long rows = (long)batch.BatchCommands[i].Rows;
                changesByTable[table] = changesByTable.GetValueOrDefault(table) + rows;
                Changes += rows;
            }
            Transactions++;
        }
    }
}
