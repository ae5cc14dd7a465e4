using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse restore</c>: makes a table what it was.</summary>
public sealed class RestoreCommand : CliCommand
{
    private readonly Argument<string> _table = new("table") { Description = "The table, as schema.table." };
    private readonly Option<long?> _version = new("--version-as-of") { Description = "The version to go back to.", HelpName = "VERSION" };
    private readonly Option<DateTimeOffset?> _time = new("--timestamp-as-of") { Description = "The time to go back to: the last version committed then or before. UTC where no zone is named.", HelpName = "TIME", CustomParser = ParseTime };
    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an object with the versions.");

    public RestoreCommand()
        : base("restore", "Make a table what it was at an earlier version. The versions since stay in its history.")
    {
        Add(_table);
        Add(_version);
        Add(_time);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("lakehouse restore silver.orders --version-as-of 12", "Back to version 12, as a new version."),
            new("lakehouse restore silver.orders --timestamp-as-of 2026-11-21T09:00:00Z", "Back to what it was at nine."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        long? version = parsed.GetValue(_version);
        DateTimeOffset? time = parsed.GetValue(_time);
        if (version is null == time is null) throw new UsageException("say where to go back to: either --version-as-of or --timestamp-as-of.");
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        LakeTable table = await NamedTable.FindAsync(folder.Lake, parsed.GetRequiredValue(_table), cancellationToken);
        long target = version ?? (await table.SnapshotAtAsync(time!.Value, cancellationToken)).Version;
        CommitResult result = await table.RestoreAsync(target, cancellationToken);
        if (parsed.GetValue(_json)) JsonOutput.Write(new RestoredTable(table.ToString(), result.Version, target), CliJson.Default.RestoredTable);
        else Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{table} is as it was at version {target}; this is version {result.Version}."));
        return ExitCode.Done;
    }

    private static DateTimeOffset? ParseTime(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)) return time;
        argument.AddError($"'{text}' is no time: write 2026-11-21T09:00:00Z.");
        return null;
    }
}
