using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse iceberg</c>: makes a table readable by Iceberg clients.</summary>
public sealed class IcebergCommand : CliCommand
{
    private readonly Argument<string> _table = new("table") { Description = "The table, as schema.table." };
    private readonly Option<bool> _enable = new("--enable") { Description = "Switch it on: from now on every commit writes Iceberg metadata too." };
    private readonly Option<bool> _disable = new("--disable") { Description = "Switch it off. The metadata stays until a vacuum, and shows the last version." };
    private readonly Option<string?> _location = new("--location")
    {
        Description = "With --enable: the table's folder as the clients know it, where that is not the lake's own address.",
        HelpName = "ADDRESS",
    };

    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an object with the version and the metadata's location.");

    public IcebergCommand()
        : base("iceberg", "Make a table readable by Iceberg clients, and print where its newest Iceberg metadata is.")
    {
        Add(_table);
        Add(_enable);
        Add(_disable);
        Add(_location);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("lakehouse iceberg silver.orders --enable", "From now on every commit writes Iceberg metadata too."),
            new("lakehouse iceberg silver.orders", "Brings the metadata up to date, and prints what register_table takes."),
            new("lakehouse iceberg silver.orders --enable --location local:///silver/orders", "For a Trino whose local.location is the lake's folder."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool enable = parsed.GetValue(_enable), disable = parsed.GetValue(_disable);
        string? location = parsed.GetValue(_location);
        if (enable && disable) throw new UsageException("--enable and --disable exclude each other.");
        if (location is not null && !enable) throw new UsageException("--location goes with --enable.");
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        LakeTable table = await NamedTable.FindAsync(folder.Lake, parsed.GetRequiredValue(_table), cancellationToken);
        Snapshot snapshot = await table.SnapshotAsync(cancellationToken: cancellationToken);
        if (enable || disable)
        {
            await table.SetPropertiesAsync(Properties(snapshot.Configuration, enable, location), cancellationToken);
            if (disable)
            {
                Terminal.Error.WriteLine($"{table} no longer writes Iceberg metadata.");
                return ExitCode.Done;
            }
        }
        else if (!snapshot.Metadata.AsksForIceberg())
        {
            throw new CommandFailedException($"{table} does not write Iceberg metadata: switch it on with 'lakehouse iceberg {table} --enable'.");
        }

        IcebergState state = await table.WriteIcebergAsync(cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(new IcebergTable(table.ToString(), state.Version, state.SnapshotId, state.MetadataLocation, state.Snapshots), CliJson.Default.IcebergTable);
            return ExitCode.Done;
        }

        Terminal.Out.WriteLine(state.MetadataLocation);
        Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{table} version {state.Version} is snapshot {state.SnapshotId}; {state.Snapshots:N0} versions can be read."));
        return ExitCode.Done;
    }

    private static Dictionary<string, string?> Properties(IReadOnlyDictionary<string, string> configuration, bool enable, string? location)
    {
        IEnumerable<string> others = configuration.GetValueOrDefault(TableProperties.UniversalFormats, "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(format => !format.Equals("iceberg", StringComparison.OrdinalIgnoreCase));
        string formats = string.Join(',', enable ? others.Append("iceberg") : others);
        Dictionary<string, string?> properties = new() { [TableProperties.UniversalFormats] = formats.Length == 0 ? null : formats };
        if (location is not null) properties[TableProperties.IcebergLocation] = location;
        return properties;
    }
}
