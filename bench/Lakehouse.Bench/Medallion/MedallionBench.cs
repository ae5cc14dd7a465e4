using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres;
using Lakehouse.Ingestion.Sample;
using Lakehouse.Transform;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Bench.Medallion;

/// <summary>The sample models over the sample business. Each round builds silver and gold anew, on both sides, then lets one row in a
/// hundred change at the source and takes those changes in. At the end both sides hold the same rows.</summary>
internal sealed class MedallionBench : IBench
{
    public string Name => "medallion";

    public string Summary => "bronze to silver to gold: 1M changes in full, beside the same SQL in plain DuckDB; then 1 % more, beside the full run";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync(cancellationToken: context.Cancellation);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(postgres.ConnectionString);
        long rows = await SampleBusiness.SeedAsync(source, context.Quick ? 0.03 : 1, seed: 1, cancellationToken: context.Cancellation);
        await context.Progress.WriteLineAsync($"seeded {rows} rows");
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        var options = new PostgresSourceOptions { Name = "bench", ConnectionString = postgres.ConnectionString, Tables = SampleBusiness.Tables };
        await IngestAsync(lake, options, await PositionAsync(source, context.Cancellation), context.Cancellation);

        DbtProject project = DbtProject.Load(Path.Combine(AppContext.BaseDirectory, "models"));
        await using var full = new ModelRunner(lake, project, new RunOptions { FullRefresh = true });
        await using var incremental = new ModelRunner(lake, project);
        // Uncounted: it warms all sides' code up, and tells the yardstick the models' SQL.
        using var plain = new PlainMedallion(context.PathOf("plain"), await RunAsync(full, context.Cancellation));
        await plain.ReadBronzeAsync(lake, context.Cancellation);
        await plain.RunAsync(context.Cancellation);
        await TakeInAsync(0);

        List<double> ratios = [], shares = [], yardsticks = [], fulls = [];
        double peak = 0, incrementalPeak = 0;
        for (int round = 1; round <= context.Size(4, 2); round++)
        {
            yardsticks.Add(await Interleaved.TimeAsync(() => plain.RunAsync(context.Cancellation)));
            PeakMemory.Reset();
            fulls.Add(await Interleaved.TimeAsync(() => RunAsync(full, context.Cancellation)));
            peak = Math.Max(peak, PeakMemory.ReadMb());
            ratios.Add(fulls[^1] / yardsticks[^1]);

            PeakMemory.Reset();
            shares.Add(await TakeInAsync(round) / fulls[^1]);
            incrementalPeak = Math.Max(incrementalPeak, PeakMemory.ReadMb());
        }

        await CompareAsync(lake, plain, full, context.Cancellation);
        return
        [
            Figure.AtMost($"{Name}/full", Interleaved.Median(ratios), 1.5, "x",
                string.Create(CultureInfo.InvariantCulture, $"the same SQL in plain DuckDB on Parquet, {Interleaved.Median(yardsticks):0.00} s"), peak),
            Figure.AtMost($"{Name}/incremental", Interleaved.Median(shares), 0.2, "x",
                string.Create(CultureInfo.InvariantCulture, $"the full run, {Interleaved.Median(fulls):0.00} s"), incrementalPeak),
        ];

        // Lets a hundredth change and takes that in; gives the seconds of the latter.
        async Task<double> TakeInAsync(int round)
        {
            await ChangeAsync(source, rows / 100, round, context.Cancellation);
            await IngestAsync(lake, options, await PositionAsync(source, context.Cancellation), context.Cancellation);
            double seconds = await Interleaved.TimeAsync(() => RunAsync(incremental, context.Cancellation));
            await plain.ReadBronzeAsync(lake, context.Cancellation);
            return seconds;
        }
    }

    private static async Task<RunResults> RunAsync(ModelRunner runner, CancellationToken cancellationToken)
    {
        RunResults results = await runner.RunAsync(cancellationToken);
        return results.Succeeded
            ? results
            : throw new BenchException(string.Join("; ", results.Results.Where(result => result.IsFailure).Select(result => $"{result.Node.Name}: {result.Message}")));
    }

    private static async Task IngestAsync(Lake lake, PostgresSourceOptions options, NpgsqlLogSequenceNumber until, CancellationToken cancellationToken)
    {
        await using var ingester = new PostgresIngester(lake, options);
        await ingester.RunUntilAsync(until, cancellationToken);
    }

    private static Task ChangeAsync(NpgsqlDataSource source, long changes, int seed, CancellationToken cancellationToken) =>
        new ChangeSimulator(source, new SimulatorOptions { ChangesPerSecond = changes * 10, Duration = TimeSpan.FromSeconds(0.1), Seed = seed }).RunAsync(cancellationToken: cancellationToken);

    private static async Task<NpgsqlLogSequenceNumber> PositionAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand("SELECT pg_current_wal_insert_lsn()");
        return (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>What incremental runs left must be what a full run makes, and that what plain DuckDB makes, but for rows that break a rule:
    /// those are in quarantine with us.</summary>
    private static async Task CompareAsync(Lake lake, PlainMedallion plain, ModelRunner full, CancellationToken cancellationToken)
    {
        await using LakeSession session = lake.OpenSession();
        var incremental = new Dictionary<TableName, string>();
        foreach (TableName table in plain.Tables) incremental[table] = await AskAsync(session, await FingerprintAsync(lake, table, cancellationToken), cancellationToken);
        RunResults results = await RunAsync(full, cancellationToken);

        var conditions = new Dictionary<TableName, string>();
        foreach (NodeResult result in results.Results.Where(result => result.Quarantined > 0))
        {
            string key = ((ModelNode)result.Node).Config.UniqueKey.Single();
            string keys = await AskAsync(session, $"SELECT string_agg({key}::VARCHAR, ', ') FROM quarantine.{result.Node.Name} WHERE _run_id = '{results.InvocationId}'", cancellationToken);
            conditions[((ModelNode)result.Node).Relation] = $"{key} NOT IN ({keys})";
        }

        await plain.RunAsync(cancellationToken, conditions);
        foreach (TableName table in plain.Tables)
        {
            string question = await FingerprintAsync(lake, table, cancellationToken);
            string theirs = await plain.AskAsync(question, cancellationToken);
            Answers.MustBeEqual($"medallion, {table}, full run", theirs, await AskAsync(session, question, cancellationToken));
            Answers.MustBeEqual($"medallion, {table}, incremental runs", theirs, incremental[table]);
        }
    }

    private static async Task<string> FingerprintAsync(Lake lake, TableName table, CancellationToken cancellationToken)
    {
        Snapshot snapshot = await lake.Table(table).SnapshotAsync(cancellationToken: cancellationToken);
        // As text: types that only one side has (DECIMAL(38, 0) for HUGEINT) hash differently.
        string columns = string.Join(", ", snapshot.Schema.Fields.Select(field => $"{field.Name}::VARCHAR"));
        return $"SELECT count(*)::VARCHAR || ' rows, ' || bit_xor(hash({columns}))::VARCHAR FROM {table}";
    }

    private static async Task<string> AskAsync(LakeSession session, string sql, CancellationToken cancellationToken) =>
        Answers.Read(await session.QueryAsync(sql, cancellationToken));
}
