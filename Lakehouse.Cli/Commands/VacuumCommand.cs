using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse vacuum</c>: deletes files that a table needs no more.</summary>
public sealed class VacuumCommand : CliCommand
{
    private readonly Argument<string> _table = new("table") { Description = "The table, as schema.table." };
    private readonly Option<string?> _retain = new("--retain")
    {
        Description = "How long files stay after they left the table: 7d, 12h. As long can older versions be read. By default the table's own retention, a week.",
        HelpName = "DURATION",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Tell what would be deleted, and delete nothing." };
    private readonly Option<bool> _force = new("--force") { Description = "Allow a retention shorter than the table's. Nobody may be reading older versions, or writing, meanwhile." };
    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an object with the files.");

    public VacuumCommand()
        : base("vacuum", "Delete files that left a table long ago, or that a failed write left behind.")
    {
        Add(_table);
        Add(_retain);
        Add(_dryRun);
        Add(_force);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("lakehouse vacuum silver.orders --dry-run", "What a vacuum would delete."),
            new("lakehouse vacuum silver.orders --retain 30d", "Keeps what versions of the last 30 days need."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        TimeSpan? retention = null;
        if (parsed.GetValue(_retain) is { } text)
            retention = DurationText.TryParse(text, out TimeSpan given) ? given : throw new UsageException($"'{text}' is no duration: write 7d, 12h or 30m.");
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        LakeTable table = await NamedTable.FindAsync(folder.Lake, parsed.GetRequiredValue(_table), cancellationToken);
        VacuumOptions options = new() { Retention = retention, DryRun = parsed.GetValue(_dryRun), AllowShortRetention = parsed.GetValue(_force) };
        VacuumResult result = await table.VacuumAsync(options, cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(new VacuumedTable(table.ToString(), result.Version, options.DryRun, result.Files, result.Bytes), CliJson.Default.VacuumedTable);
            return ExitCode.Done;
        }

        foreach (string file in result.Files) Terminal.Out.WriteLine(file);
        Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Files.Count:N0} files of {result.Bytes:N0} bytes {(options.DryRun ? "would be deleted" : "deleted")}."));
        return ExitCode.Done;
    }
}
