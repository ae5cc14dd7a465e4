using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse detail</c>: what a table is made of.</summary>
public sealed class DetailCommand : CliCommand
{
    private readonly Argument<string> _table = new("table") { Description = "The table, as schema.table." };
    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an object with exact numbers.");

    public DetailCommand()
        : base("detail", "Show what a table is made of: its files, columns, features and properties.")
    {
        Add(_table);
        Add(_lake);
        Add(_json);
        Examples = [new("lakehouse detail silver.orders", "Files, rows, features and properties of the newest version.")];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        LakeTable table = await NamedTable.FindAsync(folder.Lake, parsed.GetRequiredValue(_table), cancellationToken);
        Snapshot snapshot = await table.SnapshotAsync(cancellationToken: cancellationToken);
        TableDetail detail = await TableDetail.ReadAsync(table, snapshot, cancellationToken);
        if (parsed.GetValue(_json)) JsonOutput.Write(detail, CliJson.Default.TableDetail);
        else Print(detail, snapshot.Schema);
        return ExitCode.Done;
    }

    private static void Print(TableDetail detail, StructType schema)
    {
        List<string[]> rows =
        [
            ["table", detail.Table],
            ["version", $"{Number(detail.Version)} of {detail.CommittedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}"],
            ["rows", detail.Rows is { } count ? Number(count) : "unknown: a file has no statistics"],
            ["files", $"{Number(detail.Files)} of {Number(detail.Bytes)} bytes"],
            ["deleted rows", $"{Number(detail.DeletedRows)} in {Number(detail.FilesWithDeletedRows)} files"],
            ["partitioned by", detail.PartitionColumns.Count == 0 ? "-" : string.Join(", ", detail.PartitionColumns)],
            ["protocol", $"reader {detail.MinReaderVersion}, writer {detail.MinWriterVersion}: {string.Join(", ", detail.Features)}"],
            ["id", detail.Id],
        ];
        if (detail.Iceberg is { } iceberg) rows.Add(["iceberg", $"version {Number(iceberg.Version)} at {iceberg.MetadataLocation}"]);
        if (detail.IcebergObstacle is { } obstacle) rows.Add(["not in iceberg", obstacle]);
        rows.AddRange(detail.Properties.OrderBy(property => property.Key, StringComparer.Ordinal).Select(property => new[] { property.Key, property.Value }));
        rows.AddRange(schema.Fields.Select(field => new[] { $"column {field.Name}", $"{field.Type}{(field.Nullable ? "" : " not null")}" }));
        new TableResultWriter(Terminal.Out).Write(["what", "value"], [false, false], [.. rows]);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
