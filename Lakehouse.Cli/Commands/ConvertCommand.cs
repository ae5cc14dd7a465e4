using System.CommandLine;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse convert</c>: makes a folder of Parquet files a Delta table.</summary>
public sealed class ConvertCommand : CliCommand
{
    private readonly Argument<string> _path = new("path") { Description = "The folder of Parquet files, or its address in a bucket. They stay as they are." };

    private readonly Option<string?> _partitionBy = new("--partition-by")
    {
        Description = "The columns in the folders' names (day=2026-01-01) with their types.",
        HelpName = "COLUMNS",
    };

    private readonly Option<bool> _noStatistics = new("--no-statistics") { Description = "Do not read the files for statistics; queries then skip none of them." };
    private readonly Option<bool> _json = CommonOptions.Json("Print an object with the numbers.");

    public ConvertCommand()
        : base("convert", "Make a folder of Parquet files a Delta table, in place.")
    {
        Add(_path);
        Add(_partitionBy);
        Add(_noStatistics);
        Add(_json);
        Examples =
        [
            new("lakehouse convert /data/lake/bronze/events", "A folder without partitions."),
            new("lakehouse convert ./events --partition-by \"day DATE, region STRING\"", "Folders such as day=2026-01-01/region=eu."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetRequiredValue(_path);
        string? partitionBy = parsed.GetValue(_partitionBy);
        ConvertOptions options = new() { PartitionBy = partitionBy is null ? [] : Columns(partitionBy), CollectStatistics = !parsed.GetValue(_noStatistics) };
        if (!Storage.StoreAddress.IsS3(path) && !Directory.Exists(path)) throw new UsageException($"there is no folder {Path.GetFullPath(path)}.");
        string folder = Directory.CreateTempSubdirectory("lakehouse-convert-").FullName;
        try
        {
            await using Lake lake = Lake.Open(folder);
            await using LakeSession session = lake.OpenSession();
            LakeTable table = lake.TableAt(path);
            ConvertResult result = await table.ConvertAsync(session.Connection, options, cancellationToken);
            if (parsed.GetValue(_json)) JsonOutput.Write(new ConvertedTable(table.ToString(), result.Files, result.Bytes, result.Rows), CliJson.Default.ConvertedTable);
            else Terminal.Error.WriteLine($"{table} is a Delta table now, of {result}.");
            return ExitCode.Done;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyList<Delta.StructField> Columns(string text)
    {
        try
        {
            return ConvertOptions.ParsePartitionBy(text);
        }
        catch (FormatException error)
        {
            throw new UsageException(error.Message);
        }
    }
}
