using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Ingestion.Sample;
using Npgsql;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse simulate</c>: runs the sample business against a PostgreSQL database.</summary>
public sealed class SimulateCommand : CliCommand
{
    /// <summary>The environment variable that stands in for <c>--connection</c>, so that no password need stand on a command line.</summary>
    public const string ConnectionVariable = "LAKEHOUSE_SOURCE";

    /// <summary>The variable in which an AppHost names the database.</summary>
    public const string AppHostVariable = "ConnectionStrings__source";

    private const double DefaultScale = 0.1;

    private readonly Option<string?> _connection = new("--connection", "-c")
    {
        Description = $"The database, as an Npgsql connection string; {ConnectionVariable}, or {AppHostVariable}, when not given.",
        HelpName = "STRING",
    };

    private readonly Option<double?> _scale = new("--scale")
    {
        Description = "Create the sample business first where it is missing; 1 is about a million rows.",
        HelpName = "N",
    };

    private readonly Option<bool> _seedOnly = new("--seed-only")
    {
        Description = $"Create the sample business where it is missing (--scale {DefaultScale.ToString(CultureInfo.InvariantCulture)} when not given), and end.",
    };

    private readonly Option<SimulatorPattern?> _pattern = CommonOptions.Choice<SimulatorPattern>("--pattern", "-p", "How changes are spread over time; trickle when not given.");

    private readonly Option<double> _rate = new Option<double>("--rate", "-r")
    {
        Description = "Row changes a second.",
        HelpName = "N",
        DefaultValueFactory = _ => 500,
    }.Positive();

    private readonly Option<TimeSpan?> _duration = CommonOptions.Duration("--duration", "How long; until Ctrl-C when not given.");
    private readonly Option<int> _seed = CommonOptions.Seed();
    private readonly Option<bool> _json = CommonOptions.Json("Print the report as one JSON object.");

    public SimulateCommand()
        : base("simulate", "Change the sample business in a PostgreSQL database at a set rate.")
    {
        Add(_connection);
        Add(_scale);
        Add(_seedOnly);
        Add(_pattern);
        Add(_rate);
        Add(_duration);
        Add(_seed);
        Add(_json);
        Examples =
        [
            new($"{ConnectionVariable}='Host=localhost;Username=postgres;Password=…;Database=shop' lakehouse simulate --scale 0.1", "Creates the business, then changes 500 rows a second until Ctrl-C."),
            new("lakehouse simulate --seed-only --scale 1", "Creates the business where it is missing, and changes nothing."),
            new("lakehouse simulate -c 'Host=localhost;…' --pattern burst --rate 2000 --duration 30s", "Half a minute of bursts."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string connection = parsed.GetValue(_connection) ?? Environment.GetEnvironmentVariable(ConnectionVariable) ?? Environment.GetEnvironmentVariable(AppHostVariable)
            ?? throw new UsageException($"name the database with --connection, or in the environment variable {ConnectionVariable}.");
        await using NpgsqlDataSource source = OpenSource(connection);
        int seed = parsed.GetValue(_seed);
        bool seedOnly = parsed.GetValue(_seedOnly);
        if (!await SampleBusiness.ExistsAsync(source, cancellationToken))
            await SeedAsync(source, parsed.GetValue(_scale) ?? (seedOnly ? DefaultScale : null), seed, cancellationToken);
        else if (seedOnly)
            Terminal.Error.WriteLine("The database holds the sample business already.");
        if (seedOnly)
            return ExitCode.Done;
        SimulatorOptions options = new()
        {
            Pattern = parsed.GetValue(_pattern) ?? SimulatorPattern.Trickle,
            ChangesPerSecond = parsed.GetValue(_rate),
            Duration = parsed.GetValue(_duration),
            Seed = seed,
        };
        SimulatorReport report = await RunAsync(source, options, cancellationToken);
        Print(report, parsed.GetValue(_json));
        return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Done;
    }

    private static NpgsqlDataSource OpenSource(string connection)
    {
        try
        {
            return NpgsqlDataSource.Create(connection);
        }
        catch (ArgumentException error)
        {
            throw new UsageException($"the connection string cannot be read: {error.Message}");
        }
    }

    private static async Task SeedAsync(NpgsqlDataSource source, double? scale, int seed, CancellationToken cancellationToken)
    {
        if (scale is not { } size)
            throw new CommandFailedException("the database does not hold the sample business; add --scale 0.1 to create it there.");
        long rows = await SampleBusiness.SeedAsync(source, size, seed, progress: null, cancellationToken);
        Terminal.Error.WriteLine($"Created the sample business: {rows.ToString("N0", CultureInfo.InvariantCulture)} rows.");
    }

    private static async Task<SimulatorReport> RunAsync(NpgsqlDataSource source, SimulatorOptions options, CancellationToken cancellationToken)
    {
        using LiveLine line = new();
        return await new ChangeSimulator(source, options).RunAsync(
            new Notify<SimulatorProgress>(progress => line.Show($"{progress.Changes:N0} changes in {progress.Transactions:N0} transactions, {progress.Elapsed.TotalSeconds:0.0} s")),
            cancellationToken);
    }

    private static void Print(SimulatorReport report, bool json)
    {
        if (json)
        {
            JsonOutput.Write(SimulationEntry.Of(report), CliJson.Default.SimulationEntry);
            return;
        }
        Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Changes:N0} changes in {report.Transactions:N0} transactions, {report.Changes / report.Elapsed.TotalSeconds:N0} a second; the source is at {report.LastLsn}."));
        foreach (string sql in report.SchemaChanges)
            Terminal.Out.WriteLine($"schema change: {sql}");
    }
}
