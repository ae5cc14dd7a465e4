using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse history</c>: the commits of a table.</summary>
public sealed class HistoryCommand : CliCommand
{
    private readonly Argument<string> _table = new("table") { Description = "The table, as schema.table." };

    private readonly Option<int> _limit = new Option<int>("--limit", "-n")
    {
        Description = "The most commits to show.",
        DefaultValueFactory = _ => 20,
    }.Positive();

    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an array of objects, newest first.");

    public HistoryCommand()
        : base("history", "Show a table's commits, newest first.")
    {
        Add(_table);
        Add(_limit);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("lakehouse history silver.orders", "The last 20 commits: what each did, and how much."),
            new("lakehouse history gold.fact_sale --json -n 1 | jq '.[0].version'", "The latest version, for a script."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        LakeTable table = await NamedTable.FindAsync(folder.Lake, parsed.GetRequiredValue(_table), cancellationToken);
        List<HistoryEntry> entries = [];
        await foreach (CommitRecord commit in table.HistoryAsync(parsed.GetValue(_limit), cancellationToken))
            entries.Add(Entry(commit));
        if (parsed.GetValue(_json))
            JsonOutput.Write(entries, CliJson.Default.IReadOnlyListHistoryEntry);
        else
            Print(entries);
        return ExitCode.Done;
    }

    private static HistoryEntry Entry(CommitRecord commit) => new(
        commit.Version,
        commit.Timestamp,
        commit.Info?.Operation,
        commit.Info?.OperationParameters ?? EmptyMap,
        commit.Info?.OperationMetrics ?? EmptyMap,
        commit.Info?.EngineInfo,
        commit.Info?.UserMetadata,
        commit.Info?.Tags ?? EmptyMap);

    private static Dictionary<string, string?> EmptyMap { get; } = [];

    private static void Print(List<HistoryEntry> entries) => new TableResultWriter(Terminal.Out).Write(
        ["version", "committed", "operation", "metrics", "engine"],
        [true, false, false, false, false],
        [.. entries.Select(entry => new[]
        {
            entry.Version.ToString(CultureInfo.InvariantCulture),
            entry.Timestamp.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            entry.Operation ?? "",
            string.Join(", ", entry.OperationMetrics.Select(metric => $"{metric.Key}={metric.Value}")),
            entry.EngineInfo ?? "",
        })]);
}
