using System.Globalization;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Bench.Ingestion;

/// <summary>How fast a table's first snapshot comes into bronze: publication, slot, exported snapshot, copy and commit, from nothing.</summary>
internal sealed class SnapshotBench : IBench
{
    private static readonly TableName Bronze = TableName.Parse("bronze.wide_events");

    public string Name => "snapshot";

    public string Summary => "1M rows of 20 columns to bronze, beside COPY … TO STDOUT";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int rows = context.Size(1_000_000, 50_000);
        await using PostgresServer postgres = await PostgresServer.StartAsync(cancellationToken: context.Cancellation);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await context.Progress.WriteLineAsync($"writing {rows} rows");
        await FillAsync(source, rows, context.Cancellation);

        int run = 0;
        Interleaved measured = await Interleaved.MeasureAsync(
            () => PostgresProgram.TimeAsync("psql", postgres.ConnectionString, ["-q", "-o", "/dev/null", "-c", "COPY wide.events TO STDOUT"], context.Cancellation),
            async () =>
            {
                string folder = context.PathOf($"lake-{++run}");
                var options = new PostgresSourceOptions { Name = $"bench_{run}", ConnectionString = postgres.ConnectionString, Tables = ["wide.*"] };
                double seconds = await Interleaved.TimeAsync(() => IngestAsync(folder, options, source, context.Cancellation));
                await CheckAsync(folder, rows, context.Cancellation);
                Directory.Delete(folder, recursive: true);
                await ExecuteAsync(source, $"SELECT pg_drop_replication_slot('lakehouse_{options.Name}')", context.Cancellation);
                return seconds;
            },
            pairs: context.Size(5, 1));
        return [Figure.AtLeast(
            Name, 1 / measured.Ratio, 0.5, "x", string.Create(CultureInfo.InvariantCulture, $"COPY … TO STDOUT by psql, {rows / measured.YardstickSeconds / 1000:0}k rows/s"), measured.PeakMb)];
    }

    private static async Task IngestAsync(string folder, PostgresSourceOptions options, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using Lake lake = Lake.Open(folder);
        await using var ingester = new PostgresIngester(lake, options);
        await using NpgsqlCommand position = source.CreateCommand("SELECT pg_current_wal_insert_lsn()");
        await ingester.RunUntilAsync((NpgsqlLogSequenceNumber)(await position.ExecuteScalarAsync(cancellationToken))!, cancellationToken);
    }

    private static async Task FillAsync(NpgsqlDataSource source, int rows, CancellationToken cancellationToken) =>
        await ExecuteAsync(source, string.Create(CultureInfo.InvariantCulture, $"""
            CREATE SCHEMA wide;
            CREATE TABLE wide.events (event_id bigint PRIMARY KEY, customer_id int NOT NULL, session_id uuid, kind text, channel text, city text, country text,
              quantity int, unit_price numeric(10,2), discount_pct numeric(5,2), total numeric(14,2), rating real, score double precision, is_first bool,
              happened_on date, happened_at timestamptz, updated_at timestamp, tags text[], details jsonb, note text);
            INSERT INTO wide.events
            SELECT i, i % 50000, md5(i::text)::uuid, 'kind ' || i % 12, 'channel ' || i % 5, 'City number ' || i % 700, 'Country ' || i % 60,
              1 + i % 50, (100 + i * 7919 % 90000) / 100.0, i % 20, (i * 104729 % 900000000) / 100.0, i % 50 / 10.0, i / 7.0, i % 3 = 0,
              date '2020-01-01' + (i % 2000)::int, timestamptz '2024-01-01 00:00:00Z' + i * interval '1 second', timestamp '2024-01-01' + i * interval '1 minute',
              ARRAY['a' || i % 10, 'b'], jsonb_build_object('page', i % 900, 'ref', 'campaign'), CASE WHEN i % 4 = 0 THEN 'Left a longer remark, number ' || i END
            FROM generate_series(1, {rows}::bigint) AS i;
            ANALYZE wide.events
            """), cancellationToken);

    private static async Task CheckAsync(string folder, long rows, CancellationToken cancellationToken)
    {
        await using Lake lake = Lake.Open(folder);
        await using LakeSession session = lake.OpenSession();
        string found = Answers.Read(await session.QueryAsync(
            $"SELECT count(*)::VARCHAR || ' rows, keys add up to ' || sum(event_id)::VARCHAR FROM {Bronze} WHERE _op = 'r'", cancellationToken));
        Answers.MustBeEqual("snapshot", string.Create(CultureInfo.InvariantCulture, $"{rows} rows, keys add up to {rows * (rows + 1) / 2} {Environment.NewLine}"), found);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
