using System.CommandLine;
using Lakehouse.Cli.Demo;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Ingestion.Sample;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse demo</c>: from a PostgreSQL change to a gold answer, checked against PostgreSQL itself.</summary>
public sealed class DemoCommand : CliCommand
{
    private readonly Option<double> _scale = new Option<double>("--scale")
    {
        Description = "Size of the sample business; 1 is about a million rows.",
        HelpName = "N",
        DefaultValueFactory = _ => 0.1,
    }.Positive();

    private readonly Option<double> _rate = new Option<double>("--rate", "-r")
    {
        Description = "Row changes a second.",
        HelpName = "N",
        DefaultValueFactory = _ => 500,
    }.Positive();

    private readonly Option<TimeSpan?> _duration = CommonOptions.Duration("--duration", "How long changes stream; 10s when not given.");
    private readonly Option<SimulatorPattern?> _pattern = CommonOptions.Choice<SimulatorPattern>("--pattern", "-p", "How changes are spread over time; trickle when not given.");
    private readonly Option<int> _seed = CommonOptions.Seed();

    private readonly Option<string?> _data = new("--data")
    {
        Description = "Keep the database and the lake in this folder, and go on from there the next time; a temporary one when not given.",
        HelpName = "FOLDER",
    };

    private readonly Option<bool> _json = CommonOptions.Json("Print the report as one JSON object.");

    public DemoCommand()
        : base("demo", "Show the whole way: PostgreSQL, its changes, bronze, silver, gold, and the same answers from both ends.")
    {
        Add(_scale);
        Add(_rate);
        Add(_duration);
        Add(_pattern);
        Add(_seed);
        Add(_data);
        Add(_json);
        Examples =
        [
            new("lakehouse demo", "A hundred thousand rows, then ten seconds of changes; nothing is left behind."),
            new("lakehouse demo --data ./shop", "Keeps the lake: lakehouse sql --lake ./shop/lake \"FROM gold.sales_metrics\""),
            new("lakehouse demo --pattern burst --rate 5000 --duration 30s --json", "Half a minute of bursts, reported for a script."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        DemoOptions options = new()
        {
            Scale = parsed.GetValue(_scale),
            Seed = parsed.GetValue(_seed),
            Rate = parsed.GetValue(_rate),
            Duration = parsed.GetValue(_duration) ?? TimeSpan.FromSeconds(10),
            Pattern = parsed.GetValue(_pattern) ?? SimulatorPattern.Trickle,
            DataFolder = parsed.GetValue(_data),
        };
        DemoReport report = await DemoProgress.ShowAsync(progress => new DemoRun(options, progress).RunAsync(cancellationToken));
        if (parsed.GetValue(_json))
            JsonOutput.Write(report, CliJson.Default.DemoReport);
        else
            new DemoReportWriter(Terminal.Out).Write(report);
        return report.Equal ? ExitCode.Done : ExitCode.Failed;
    }
}
