using System.Globalization;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Bench.Ingestion;

/// <summary>How fast changes come from PostgreSQL's log into bronze. Every run of either side reads the same stretch of log, through
/// its own copy of a slot that was made before the changes; ours starts from a copy of the lake as it was then.</summary>
internal sealed class CdcStreamBench : IBench
{
    private const int RowsInTransaction = 1000;
    private static readonly TableName Bronze = TableName.Parse("bronze.stream_order_lines");

    public string Name => "cdc-stream";

    public string Summary => "1M rows in 1,000-row transactions to bronze, beside pg_recvlogical reading pgoutput to /dev/null";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int transactions = context.Size(1000, 30);
        await using PostgresServer postgres = await PostgresServer.StartAsync(cancellationToken: context.Cancellation);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await ExecuteAsync(source, """
            CREATE SCHEMA stream;
            CREATE TABLE stream.order_lines (order_line_id bigint PRIMARY KEY, order_id bigint NOT NULL, stock_item_id int NOT NULL, description text,
              quantity int, unit_price numeric(10,2), discount_pct numeric(5,2), updated_at timestamptz)
            """, context.Cancellation);
        string before = context.PathOf("before");
        await IngestAsync(before, Options(postgres, "slot_before"), await PositionAsync(source, context.Cancellation), context.Cancellation);

        await context.Progress.WriteLineAsync($"writing {transactions} transactions of {RowsInTransaction} rows");
        await WriteAsync(source, transactions, context.Cancellation);
        NpgsqlLogSequenceNumber end = await PositionAsync(source, context.Cancellation);

        int run = 0;
        Interleaved measured = await Interleaved.MeasureAsync(
            () => OnCopiedSlotAsync(source, $"slot_{++run}", slot => PostgresProgram.TimeAsync(
                "pg_recvlogical",
                postgres.ConnectionString,
                ["--start", "--dbname", new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Database!, "--slot", slot, "--endpos", end.ToString(), "--no-loop", "-o", "proto_version=1", "-o", "publication_names=lakehouse_bench", "-f", "/dev/null"],
                context.Cancellation)),
            () => OnCopiedSlotAsync(source, $"slot_{++run}", async slot =>
            {
                string lake = context.PathOf($"lake-{slot}");
                CopyFolder(before, lake);
                double seconds = await Interleaved.TimeAsync(() => IngestAsync(lake, Options(postgres, slot), end, context.Cancellation));
                await CheckAsync(lake, transactions * RowsInTransaction, context.Cancellation);
                Directory.Delete(lake, recursive: true);
                return seconds;
            }),
            pairs: context.Size(3, 1),
            warmUp: false);
        double rowsPerSecond = transactions * RowsInTransaction / measured.YardstickSeconds;
        return [Figure.AtLeast(
            Name, 1 / measured.Ratio, 0.6, "x", string.Create(CultureInfo.InvariantCulture, $"pg_recvlogical pgoutput to /dev/null, {rowsPerSecond / 1000:0}k rows/s"), measured.PeakMb, 400)];
    }

    private static PostgresSourceOptions Options(PostgresServer postgres, string slot) =>
        new() { Name = "bench", ConnectionString = postgres.ConnectionString, Tables = ["stream.*"], Slot = slot };

    private static async Task IngestAsync(string folder, PostgresSourceOptions options, NpgsqlLogSequenceNumber until, CancellationToken cancellationToken)
    {
        await using Lake lake = Lake.Open(folder);
        await using var ingester = new PostgresIngester(lake, options);
        await ingester.RunUntilAsync(until, cancellationToken);
    }

    private static async Task WriteAsync(NpgsqlDataSource source, int transactions, CancellationToken cancellationToken) =>
        await ExecuteAsync(source, string.Create(CultureInfo.InvariantCulture, $"""
            DO $$
            BEGIN
              FOR batch IN 0..{transactions - 1} LOOP
                INSERT INTO stream.order_lines
                SELECT i, i / 3, i % 227, 'Novelty chocolate mug, item ' || i % 227 || ', colour ' || i % 11, 1 + i % 50, (100 + i * 7919 % 90000) / 100.0, i % 20, now()
                FROM generate_series(batch::bigint * {RowsInTransaction}, batch::bigint * {RowsInTransaction} + {RowsInTransaction - 1}) AS i;
                COMMIT;
              END LOOP;
            END $$
            """), cancellationToken);

    private static async Task CheckAsync(string folder, long rows, CancellationToken cancellationToken)
    {
        await using Lake lake = Lake.Open(folder);
        await using LakeSession session = lake.OpenSession();
        string found = Answers.Read(await session.QueryAsync(
            $"SELECT count(*)::VARCHAR || ' rows, keys add up to ' || sum(order_line_id)::VARCHAR FROM {Bronze} WHERE _op = 'c'", cancellationToken));
        Answers.MustBeEqual("cdc-stream", string.Create(CultureInfo.InvariantCulture, $"{rows} rows, keys add up to {rows * (rows - 1) / 2} {Environment.NewLine}"), found);
    }

    private static async Task<double> OnCopiedSlotAsync(NpgsqlDataSource source, string slot, Func<string, Task<double>> work)
    {
        await ExecuteAsync(source, $"SELECT pg_copy_logical_replication_slot('slot_before', '{slot}')", CancellationToken.None);
        double seconds = await work(slot);
        await ExecuteAsync(source, $"SELECT pg_drop_replication_slot('{slot}')", CancellationToken.None);
        return seconds;
    }

    private static async Task<NpgsqlLogSequenceNumber> PositionAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand("SELECT pg_current_wal_insert_lsn()");
        return (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
