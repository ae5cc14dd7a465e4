using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse tables</c>: what the lake holds.</summary>
public sealed class TablesCommand : CliCommand
{
    private readonly Argument<string?> _schema = new("schema")
    {
        Description = "Only tables of this schema, such as gold.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an array of objects with exact numbers.");

    public TablesCommand()
        : base("tables", "List the lake's tables with version, rows, files and size.")
    {
        Add(_schema);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("lakehouse tables", "Every table of ./lake."),
            new("lakehouse tables gold --json | jq '.[].name'", "The gold tables, for a script."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? schema = parsed.GetValue(_schema);
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        Lake lake = folder.Lake;
        List<TableSummary> tables = [];
        foreach (TableName name in await lake.ListTablesAsync(cancellationToken))
        {
            if (schema is not null && !name.Schema.Equals(schema, StringComparison.OrdinalIgnoreCase))
                continue;
            if (await lake.Table(name).TrySnapshotAsync(cancellationToken) is { } snapshot)
                tables.Add(TableSummary.Of(name, snapshot));
        }
        if (parsed.GetValue(_json))
            JsonOutput.Write(tables, CliJson.Default.IReadOnlyListTableSummary);
        else
            Print(tables);
        return ExitCode.Done;
    }

    private static void Print(List<TableSummary> tables)
    {
        new TableResultWriter(Terminal.Out).Write(
            ["table", "version", "committed", "rows", "files", "bytes", "partitioned by"],
            [false, true, false, true, true, true, false],
            [.. tables.Select(table => new[]
            {
                table.Name,
                Number(table.Version),
                table.Timestamp.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                table.Rows is { } rows ? Number(rows) : "?",
                Number(table.Files),
                Number(table.Bytes),
                string.Join(", ", table.PartitionColumns),
            })]);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
