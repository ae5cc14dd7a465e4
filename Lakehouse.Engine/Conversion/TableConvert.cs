using System.Globalization;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Conversion;

/// <summary>Makes a folder of Parquet files a Delta table in place: its first commit names the files as they are.</summary>
internal sealed class TableConvert(LakeTable table, DuckDbConnection connection, ConvertOptions options)
{
    /// <summary>Files that one query reads.</summary>
    private const int AtOnce = 256;

    public async Task<ConvertResult> RunAsync(CancellationToken cancellationToken)
    {
        if (await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is not null) throw new TableExistsException(table.ToString());
        var files = await new ParquetFolder(table, options.PartitionBy).FindAsync(cancellationToken).ConfigureAwait(false);
        var schema = await ReadSchemaAsync(files, cancellationToken).ConfigureAwait(false);
        var plan = WritePlan.ForNew(table.ToString(), schema, [.. options.PartitionBy.Select(field => field.Name)], options.Properties);
        // The columns are found by the names that they have in files, which a mapping would replace.
        if (plan.Layout.HasIds) throw new TableNotUsableException($"{table} cannot be converted with {TableProperties.ColumnMappingMode}: set it afterwards.", table.ToString());
        var transaction = table.Log.Create(plan.Metadata);
        long? rows = options.CollectStatistics ? 0 : null;
        foreach (var chunk in files.Chunk(AtOnce))
        {
            var statistics = options.CollectStatistics
                ? await new ScannedStatistics(table, connection, plan.Layout, plan.Statistics).ReadAsync(Slices(chunk), cancellationToken).ConfigureAwait(false)
                : null;
            for (var i = 0; i < chunk.Length; i++)
            {
                rows += statistics?[i].Rows;
                transaction.Add(new AddFile
                {
                    Path = chunk[i].Path,
                    PartitionValues = plan.Metadata.PartitionColumns.ToDictionary(name => name, name => chunk[i].PartitionValues[name], StringComparer.Ordinal),
                    Size = chunk[i].Object.Size,
                    ModificationTime = chunk[i].Object.LastModified.ToUnixTimeMilliseconds(),
                    DataChange = true,
                    Stats = statistics?[i].Json,
                });
            }
        }
        var parameters = new Dictionary<string, string?>
        {
            ["numFiles"] = files.Count.ToString(CultureInfo.InvariantCulture),
            ["partitionedBy"] = JsonSerializer.Serialize(plan.Metadata.PartitionColumns),
            ["collectStats"] = options.CollectStatistics ? "true" : "false",
            ["sourceFormat"] = "parquet",
        };
        var info = Commits.Describe(table, new WriteOptions(), "CONVERT", parameters, [("numConvertedFiles", files.Count)]);
        var result = table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
        return new ConvertResult(result, files.Count, files.Sum(file => file.Object.Size), rows);
    }

    private static FileSlice[] Slices(IEnumerable<FoundFile> files) => [.. files.Select(file => new FileSlice(file.Path, file.PartitionValues, null, [], null))];

    private async Task<StructType> ReadSchemaAsync(IReadOnlyList<FoundFile> files, CancellationToken cancellationToken)
    {
        var schema = new MergedSchema(table, options.PartitionBy);
        foreach (var chunk in files.Chunk(AtOnce))
        {
            using var local = await LocalFiles.OpenAsync(table, Slices(chunk), 0, cancellationToken).ConfigureAwait(false);
            foreach (var file in chunk)
            {
                var path = SqlText.FileLiteral(local.PathOf(file.Path));
                try
                {
                    var columns = await ParquetStager.ColumnsAsync(connection, $"SELECT * FROM read_parquet({path}, hive_partitioning=false)", cancellationToken).ConfigureAwait(false);
                    schema.Add(file.Path, columns, await InstantsAsync(path, cancellationToken).ConfigureAwait(false));
                }
                catch (DuckDbException exception) when (exception.ErrorType != DuckDbErrorType.Interrupt)
                {
                    throw new TableNotUsableException($"{table} cannot be converted: file '{file.Path}' cannot be read as Parquet. {exception.Message}", table.ToString());
                }
            }
        }
        return schema.Schema;
    }

    /// <summary>The columns of the old type INT96, in which Spark and others write instants.</summary>
    private async Task<IReadOnlySet<string>> InstantsAsync(string path, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        using var result = await connection.QueryAllAsync($"SELECT name FROM parquet_schema({path}) WHERE type = 'INT96'", cancellationToken).ConfigureAwait(false);
        while (result.NextChunk(cancellationToken))
            for (var row = 0; row < result.RowCount; row++) names.Add(result.Column(0).GetString(row)!);
        return names;
    }
}
