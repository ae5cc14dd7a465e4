using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Npgsql;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>Measures how far the slot is behind, tells it, and guards the source's disk where a hard limit is set.</summary>
internal sealed class LagWatch(SourceConnection source, PostgresSourceOptions options, IIngestionObserver observer, TimeSpan interval)
{
    /// <param name="oldestPending">When the oldest waiting change committed, in microseconds since 1970; null when none waits.</param>
    /// <param name="look">Called at the same interval with the connection; what it throws ends the watch.</param>
    /// <exception cref="LagLimitException">The slot is further behind than the hard limit.</exception>
    /// <exception cref="SlotLostException">The slot is gone.</exception>
    public async Task RunAsync(Func<long?> oldestPending, Func<NpgsqlConnection, Task> look, CancellationToken ct)
    {
        await using var connection = await source.OpenAsync(ct);
        using var timer = new PeriodicTimer(interval);
        do
        {
            if (await ReplicationSlot.LagAsync(connection, options.SlotName, ct) is not { } lag)
                throw new SlotLostException($"the slot '{options.SlotName}' was dropped while it was read. {SourceErrors.SlotAdvice(options)}", options.Name, null);
            var delay = oldestPending() is { } oldest ? DateTimeOffset.UtcNow - DuckDbLiterals.FromMicroseconds(oldest) : TimeSpan.Zero;
            if (delay < TimeSpan.Zero) delay = TimeSpan.Zero;
            var tag = new KeyValuePair<string, object?>("source", options.Name);
            Telemetry.LagBytes.Record(lag.Bytes, tag);
            Telemetry.LagSeconds.Record(delay.TotalSeconds, tag);
            observer.OnLag(new IngestionLag(options.Name, lag.Bytes, delay, lag.Bytes > options.AlertLagBytes));
            if (lag.Bytes > options.MaxLagBytes)
            {
                throw new LagLimitException(
                    $"the slot '{options.SlotName}' held back {lag.Bytes >> 20} MB of log, more than max_lag ({options.MaxLagBytes >> 20} MB), and was dropped to save the source's disk. Bronze keeps what it has. Raise max_lag or find out why the lake was slow; then move the source's tables out of bronze and start again for a new snapshot.",
                    options.Name, lag.End);
            }
            await look(connection);
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    /// <summary>Drops the slot once the server noticed that nobody reads it.</summary>
    public static async Task DropSlotAsync(SourceConnection source, PostgresSourceOptions options, CancellationToken ct)
    {
        await using var connection = await source.OpenAsync(ct);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ReplicationSlot.DropAsync(connection, options.SlotName, ct);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse && attempt < 50)
            {
                await Task.Delay(100, ct);
            }
        }
    }
}
