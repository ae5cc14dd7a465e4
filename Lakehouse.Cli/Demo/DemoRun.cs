using System.Diagnostics;
using System.Globalization;
using Lakehouse.Cli.Models;
using Lakehouse.Cli.Shell;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres;
using Lakehouse.Ingestion.Sample;
using Lakehouse.Transform;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Cli.Demo;

/// <summary>
/// The main job from end to end in one process tree: a PostgreSQL of our own, its sample business, change data capture
/// into bronze, models up to gold, and at the end the same questions to gold and to PostgreSQL at one position of its log.
/// Whatever happens, leaving <see cref="RunAsync"/> leaves no process behind.
/// </summary>
public sealed class DemoRun(DemoOptions options, DemoProgress progress)
{
    private const string Database = "demo";
    private const string Source = "shop";
    private readonly FreshnessRecorder _recorder = new();

    /// <summary>Runs the demo.</summary>
    /// <exception cref="CommandFailedException">A model or a table failed.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        using DemoWorkspace workspace = DemoWorkspace.Open(options);
        await using PeakMemory memory = PeakMemory.Watch();
        // PostgreSQL starts and seeds in processes of its own; meanwhile there is time to load what comes next.
        Task<DbtProject> loading = Task.Run(SampleModels.Load, cancellationToken);

        DemoTimings timings = new();
        await using PostgresServer postgres = await StartPostgresAsync(workspace, timings, cancellationToken);
        memory.Include(postgres.ProcessId);
        await using NpgsqlDataSource source = await OpenDatabaseAsync(postgres, cancellationToken);
        await SeedAsync(source, timings, cancellationToken);

        await using Lake lake = Lake.Open(workspace.Lake, DemoMemory.Lake);
        await using PostgresIngester ingester = new(lake, SourceOptions(postgres), _recorder);
        await using BackgroundWork ingestion = BackgroundWork.Start("the ingestion", ingester.RunAsync, cancellationToken);
        await SnapshotAsync(source, ingester, ingestion, timings, cancellationToken);

        await using ModelRunner runner = new(lake, await loading);
        ModelLoop models = new(runner, _recorder);
        AnswerComparison answers = new(lake);
        await ingestion.WhileAsync(token => FirstAnswerAsync(models, answers, timings, token), cancellationToken);

        SimulatorReport changes = await ingestion.WhileAsync(token => StreamAsync(source, models, timings, token), cancellationToken);
        (NpgsqlLogSequenceNumber position, IReadOnlyList<DemoAnswer> compared) =
            await ingestion.WhileAsync(token => CompareAsync(source, ingester, models, answers, timings, token), cancellationToken);
        if (_recorder.Stopped.Count > 0)
            throw new CommandFailedException(string.Join("; ", _recorder.Stopped));
        return new DemoReport
        {
            Lsn = position.ToString(),
            Answers = compared,
            Timings = timings,
            Freshness = _recorder.Of(changes.Samples),
            Warnings = _recorder.Warnings,
            PeakMemoryMiB = memory.MiB,
            Lake = workspace.IsKept ? workspace.Lake : null,
        };
    }

    private async Task<PostgresServer> StartPostgresAsync(DemoWorkspace workspace, DemoTimings timings, CancellationToken cancellationToken)
    {
        using DemoProgress.Stage stage = progress.Begin("PostgreSQL");
        long started = Stopwatch.GetTimestamp();
        PostgresServer postgres = await PostgresServer.StartAsync(
            new PostgresServerOptions { DataFolder = workspace.PostgresFolder, Settings = DemoMemory.Postgres }, cancellationToken);
        timings.StartPostgresSeconds = Seconds(started);
        stage.Done($"answers on port {postgres.Port} after {timings.StartPostgresSeconds:0.0} s");
        return postgres;
    }

    private static async Task<NpgsqlDataSource> OpenDatabaseAsync(PostgresServer postgres, CancellationToken cancellationToken)
    {
        await using (NpgsqlDataSource server = NpgsqlDataSource.Create(postgres.ConnectionString))
        {
            await using NpgsqlCommand exists = server.CreateCommand($"SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{Database}')");
            if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
            {
                await using NpgsqlCommand create = server.CreateCommand($"CREATE DATABASE {Database}");
                await create.ExecuteNonQueryAsync(cancellationToken);
            }
        }
        return NpgsqlDataSource.Create(postgres.ConnectionStringFor(Database));
    }

    private async Task SeedAsync(NpgsqlDataSource source, DemoTimings timings, CancellationToken cancellationToken)
    {
        using DemoProgress.Stage stage = progress.Begin("Sample business");
        if (await SampleBusiness.ExistsAsync(source, cancellationToken))
        {
            stage.Done($"there already");
            return;
        }
        long started = Stopwatch.GetTimestamp();
        timings.SeededRows = await SampleBusiness.SeedAsync(
            source, options.Scale, options.Seed, new Notify<SeedProgress>(seed => stage.Report((double)seed.TablesDone / seed.Tables, seed.Table)), cancellationToken);
        timings.SeedSeconds = Seconds(started);
        stage.Done($"{timings.SeededRows:N0} rows in {timings.SeedSeconds:0.0} s");
    }

    private async Task SnapshotAsync(NpgsqlDataSource source, PostgresIngester ingester, BackgroundWork ingestion, DemoTimings timings, CancellationToken cancellationToken)
    {
        using DemoProgress.Stage stage = progress.Begin("Snapshot to bronze");
        long started = Stopwatch.GetTimestamp();
        _recorder.Snapshot = new Notify<long>(rows => stage.Report(timings.SeededRows > 0 ? (double)rows / timings.SeededRows : 0));
        NpgsqlLogSequenceNumber position = await PositionAsync(source, cancellationToken);
        await ingestion.WhileAsync(token => ingester.WaitForAsync(position, token), cancellationToken);
        timings.SnapshotSeconds = Seconds(started);
        timings.SnapshotRows = _recorder.SnapshotRows;
        if (timings.SnapshotRows > 0)
            stage.Done($"{timings.SnapshotRows:N0} rows in {timings.SnapshotSeconds:0.0} s");
        else
            stage.Done($"there already; caught up in {timings.SnapshotSeconds:0.0} s");
    }

    private async Task FirstAnswerAsync(ModelLoop models, AnswerComparison answers, DemoTimings timings, CancellationToken cancellationToken)
    {
        using DemoProgress.Stage stage = progress.Begin("Silver and gold");
        long started = Stopwatch.GetTimestamp();
        await models.BuildAsync(cancellationToken);
        await answers.AskLakeAsync(SampleAnswers.All[0].LakeSql, cancellationToken);
        timings.FirstModelsSeconds = Seconds(started);
        using Process self = Process.GetCurrentProcess();
        timings.FirstGoldAnswerSeconds = Math.Round((DateTime.Now - self.StartTime).TotalSeconds, 3);
        stage.Done($"built in {timings.FirstModelsSeconds:0.0} s; the first gold answer came {timings.FirstGoldAnswerSeconds:0.0} s after the start");
    }

    private async Task<SimulatorReport> StreamAsync(NpgsqlDataSource source, ModelLoop models, DemoTimings timings, CancellationToken cancellationToken)
    {
        using DemoProgress.Stage stage = progress.Begin("Changes");
        ChangeSimulator simulator = new(source, new SimulatorOptions
        {
            Pattern = options.Pattern,
            ChangesPerSecond = options.Rate,
            Duration = options.Duration,
            Seed = options.Seed,
        });
        await using BackgroundWork modelling = BackgroundWork.Start("the models", token => models.RunUntilAsync(token, cancellationToken), cancellationToken);
        SimulatorReport report = await modelling.WhileAsync(
            token => simulator.RunAsync(
                new Notify<SimulatorProgress>(done => stage.Report(done.Elapsed / options.Duration, string.Create(CultureInfo.InvariantCulture, $"{done.Changes:N0} rows"))),
                token),
            cancellationToken);
        cancellationToken.ThrowIfCancellationRequested(); // an interrupted simulator reports what it did
        await modelling.StopAsync();
        timings.Changes = report.Changes;
        timings.Transactions = report.Transactions;
        timings.StreamSeconds = Math.Round(report.Elapsed.TotalSeconds, 3);
        timings.ModelRuns = models.Durations.Count;
        timings.MedianModelRunSeconds = Math.Round(Percentiles.Of([.. models.Durations.Select(run => run.TotalSeconds * 1000)]).P50 / 1000, 3);
        stage.Done($"{report.Changes:N0} rows in {report.Transactions:N0} transactions over {report.Elapsed.TotalSeconds:0.0} s; {timings.ModelRuns} model runs");
        return report;
    }

    /// <summary>
    /// One transaction sees the source at one position for all its questions; bronze, then gold, are brought up to the same.
    /// </summary>
    private async Task<(NpgsqlLogSequenceNumber Position, IReadOnlyList<DemoAnswer> Answers)> CompareAsync(
        NpgsqlDataSource source, PostgresIngester ingester, ModelLoop models, AnswerComparison answers, DemoTimings timings, CancellationToken cancellationToken)
    {
        using DemoProgress.Stage stage = progress.Begin("Answers");
        long started = Stopwatch.GetTimestamp();
        await using SourceMoment moment = await SourceMoment.OpenAsync(source, cancellationToken);
        await ingester.WaitForAsync(moment.Position, cancellationToken);
        await models.RunOnceAsync(cancellationToken);
        timings.CatchUpSeconds = Seconds(started);
        List<DemoAnswer> compared = [];
        foreach (SampleAnswer question in SampleAnswers.All)
        {
            compared.Add(await answers.AskBothAsync(question, moment, cancellationToken));
            stage.Report((double)compared.Count / SampleAnswers.All.Count, question.Name);
        }
        int equal = compared.Count(answer => answer.Equal);
        stage.Done($"{equal} of {compared.Count} equal at {moment.Position}");
        return (moment.Position, compared);
    }

    private static PostgresSourceOptions SourceOptions(PostgresServer postgres) => new()
    {
        Name = Source,
        ConnectionString = postgres.ConnectionStringFor(Database),
        Tables = SampleBusiness.Tables,
    };

    private static async Task<NpgsqlLogSequenceNumber> PositionAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand("SELECT pg_current_wal_insert_lsn()");
        return (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static double Seconds(long started) => Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3);
}
