using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse tend</c>: one round of what the platform does in the background.</summary>
public sealed class TendCommand : CliCommand
{
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Tell what is due, and change nothing." };
    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an array of objects, one a table that was outside its bounds.");

    public TendCommand()
        : base("tend", "Compact, purge and checkpoint the tables that need it: many small files, many deleted rows, a long log.")
    {
        Add(_dryRun);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("lakehouse tend --dry-run", "The tables of ./lake that are outside their bounds, and why."),
            new("lakehouse tend --lake s3://bucket/lake", "One round, such as a scheduler runs it where no platform is at work."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        LakeTender tender = new(folder.Lake);
        IReadOnlyList<TendedTable> tables;
        if (parsed.GetValue(_dryRun))
        {
            tables = await tender.LookAsync(cancellationToken);
        }
        else
        {
            TendingRound round = await tender.RunRoundAsync(cancellationToken);
            if (round.HeldBy is { } other) throw new CommandFailedException($"the lake is being tended by {other}; leave it to that, or try again when its lease has ended.");
            await tender.ReleaseAsync(cancellationToken);
            tables = round.Tables;
        }

        if (parsed.GetValue(_json))
            JsonOutput.Write([.. tables.Select(Entry)], CliJson.Default.IReadOnlyListTendedTableEntry);
        else
            Print(tables);
        return tables.Any(table => table.Failure is not null) ? ExitCode.Failed : ExitCode.Done;
    }

    private static TendedTableEntry Entry(TendedTable table) => new(
        table.Table.ToString(), table.Before.Version, table.Before.Files, table.Before.SmallFiles, table.Before.Rows, table.Before.DeletedRows, table.Before.CommitsSinceCheckpoint,
        Names(table.Due), table.Optimized?.FilesRemoved ?? 0, table.Optimized?.FilesAdded ?? 0, table.Optimized?.RowsPurged ?? 0, table.Checkpoint, table.Failure);

    private static void Print(IReadOnlyList<TendedTable> tables)
    {
        if (tables.Count == 0)
        {
            Terminal.Error.WriteLine("Every table is inside its bounds.");
            return;
        }

        new TableResultWriter(Terminal.Out).Write(
            ["table", "files", "small", "deleted rows", "log", "due", "done"],
            [false, true, true, true, true, false, false],
            [.. tables.Select(table => new[]
            {
                table.Table.ToString(), Number(table.Before.Files), Number(table.Before.SmallFiles), Number(table.Before.DeletedRows),
                Number(table.Before.CommitsSinceCheckpoint), string.Join(", ", Names(table.Due)), Done(table),
            })]);
    }

    private static string Done(TendedTable table)
    {
        List<string> done = [];
        if (table.Optimized is { Commits: > 0 } optimized) done.Add($"{Number(optimized.FilesRemoved)} files became {Number(optimized.FilesAdded)}");
        if (table.Optimized is { RowsPurged: > 0 } purged) done.Add($"{Number(purged.RowsPurged)} rows purged");
        if (table.Checkpoint is { } version) done.Add($"checkpoint of version {Number(version)}");
        if (table.Failure is { } failure) done.Add(failure);
        return string.Join(", ", done);
    }

    private static string[] Names(TendingTasks tasks) =>
        [.. Enum.GetValues<TendingTasks>().Where(task => task != TendingTasks.None && tasks.HasFlag(task)).Select(task => task.ToString().ToLowerInvariant())];

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
