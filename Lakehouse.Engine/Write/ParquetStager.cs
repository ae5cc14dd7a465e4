using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Write;

/// <summary>Writes a query's rows as Parquet files below a table. Snappy, as measured: a fifth quicker to write and to read than zstd,
/// at less than twice the size; compaction can make other choices.</summary>
internal static class ParquetStager
{
    /// <summary>The column by which ordered rows are sorted; it is not written.</summary>
    public const string Order = "lake_order";

    /// <summary>The columns that a query gives.</summary>
    public static async Task<IReadOnlyList<DuckDbColumn>> ColumnsAsync(DuckDbConnection connection, string selectSql, CancellationToken cancellationToken)
    {
        using var result = await connection.QueryAllAsync($"SELECT * FROM (\n{selectSql}\n) LIMIT 0", cancellationToken).ConfigureAwait(false);
        return result.Columns;
    }

    /// <summary>Writes the rows and makes the files durable. When it fails, nothing stays behind.</summary>
    public static async Task<StagedFiles> WriteAsync(LakeTable table, DuckDbConnection connection, string selectSql, IReadOnlyList<DuckDbColumn> columns, WritePlan plan, CancellationToken cancellationToken)
    {
        using var identity = table.Lake.Identities.Begin(plan.Numbered);
        var staged = await WriteAsync(table, connection, plan.SelectSql(columns, selectSql, identity: identity), plan, "", cancellationToken).ConfigureAwait(false);
        return staged with { HighWaterMarks = identity.HighWaterMarks };
    }

    /// <summary>Writes rows of one partition, and makes the files durable. When it fails, nothing stays behind.</summary>
    /// <param name="table">The table.</param>
    /// <param name="connection">Where the query runs.</param>
    /// <param name="selectSql">The query: the columns, partition columns too, and the order.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="plan">What the table makes of them.</param>
    /// <param name="placement">Where the files go.</param>
    /// <param name="ordered">Whether the query has a column <see cref="Order"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<StagedFiles> WriteAsync(
        LakeTable table, DuckDbConnection connection, string selectSql, IReadOnlyList<DuckDbColumn> columns, WritePlan plan, FilePlacement placement, bool ordered, CancellationToken cancellationToken)
    {
        var unwritten = plan.Written.Where(plan.Layout.IsPartition).Select(field => SqlText.Name(plan.Layout.PhysicalName(field))).Concat(ordered ? [Order] : []).ToList();
        var rows = plan.SelectSql(columns, selectSql, ordered ? Order : null);
        var sql = unwritten.Count == 0 ? rows : $"SELECT * EXCLUDE ({string.Join(", ", unwritten)}) FROM ({rows}){(ordered ? $" ORDER BY {Order}" : "")}";
        return WriteAsync(table, connection, sql, plan, placement.Folder, cancellationToken, placement);
    }

    /// <summary>Writes the rows that a select gives, under their physical names, into a folder below the table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="connection">Where the query runs.</param>
    /// <param name="fileSql">The select.</param>
    /// <param name="plan">What the table makes of the columns.</param>
    /// <param name="below">The folder below the table's, with a slash at its end; empty for the table's own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="placement">The one partition that all rows are of; null = the rows tell.</param>
    public static async Task<StagedFiles> WriteAsync(LakeTable table, DuckDbConnection connection, string fileSql, WritePlan plan, string below, CancellationToken cancellationToken, FilePlacement? placement = null)
    {
        using var staging = StagingFolder.For(table);
        var folder = staging.Path;
        var target = Path.Combine(folder, below);
        Directory.CreateDirectory(target);
        var stage = (below.Length == 0 || placement is not null ? "part-" : "cdc-") + Guid.NewGuid().ToString("N");
        var partitions = plan.Metadata.PartitionColumns.Select(name => plan.Layout.PhysicalName(plan.Layout.Schema.Find(name)!)).ToList();
        var options = $"FORMAT parquet, COMPRESSION snappy, RETURN_STATS, APPEND, FILENAME_PATTERN '{stage}-{{uuid}}', "
            + (partitions.Count > 0 && placement is null
                ? $"PARTITION_BY ({string.Join(", ", partitions.Select(SqlText.Name))})"
                : string.Create(CultureInfo.InvariantCulture, $"FILE_SIZE_BYTES {placement?.TargetBytes ?? table.Lake.Options.TargetFileBytes}"));
        if (placement is not null) options += string.Create(CultureInfo.InvariantCulture, $", ROW_GROUP_SIZE {placement.RowGroupRows}");
        if (plan.Layout.HasIds)
        {
            var ids = plan.Written.Where(field => !plan.Layout.IsPartition(field)).Select(plan.Layout.FieldIds).Where(entry => entry is not null);
            options += $", FIELD_IDS {{{string.Join(", ", ids)}}}";
        }
        try
        {
            var files = new List<AddFile>();
            var sql = $"COPY ({fileSql}) TO {SqlText.Literal(target)} ({options})";
            using (var result = await connection.QueryAllAsync(sql, cancellationToken).ConfigureAwait(false))
            {
                while (result.NextChunk(cancellationToken))
                    for (var row = 0; row < result.RowCount; row++)
                        if (Read(result, row, folder, plan) is { } file) files.Add(placement is null ? file : file with { PartitionValues = placement.PartitionValues });
            }
            await CheckNullsAsync(table, connection, folder, plan, files, cancellationToken).ConfigureAwait(false);
            await staging.PublishAsync(files, cancellationToken).ConfigureAwait(false);
            return new StagedFiles(files, new StructType(plan.Written), plan.Metadata.PartitionColumns) { Rules = plan.Rules.Rules };
        }
        catch (Exception exception)
        {
            DeleteStage(target, stage);
            if (exception is DuckDbException broken && plan.Rules.Rules.Count > 0) throw Explain(table, plan, broken);
            // A file of ours, not one that the query reads: the disk is full, or the folder may not be written.
            if (exception is DuckDbException { ErrorType: DuckDbErrorType.IO } && exception.Message.Contains(stage, StringComparison.Ordinal))
                throw new DataFileNotWrittenException(table.ToString(), folder, exception);
            throw;
        }
    }

    private static AddFile? Read(DuckDbResult result, int row, string folder, WritePlan plan)
    {
        var path = result.Column(0).GetString(row)!;
        var rows = Convert.ToInt64(result.Column(1).GetValue(row), CultureInfo.InvariantCulture);
        if (rows == 0)
        {
            File.Delete(path);
            return null;
        }
        var columns = new Dictionary<string, WrittenColumn>(StringComparer.Ordinal);
        var statistics = result.Column(4);
        var entry = statistics.ListEntry(row);
        var names = statistics.Child.Field(0);
        var values = statistics.Child.Field(1);
        for (var i = entry.Offset; i < entry.Offset + entry.Length; i++)
        {
            var column = ReadMap(values, (int)i);
            columns[names.GetString((int)i)!] = new WrittenColumn(
                column.GetValueOrDefault("min"),
                column.GetValueOrDefault("max"),
                long.TryParse(column.GetValueOrDefault("null_count"), NumberStyles.None, CultureInfo.InvariantCulture, out var nulls) ? nulls : null,
                column.GetValueOrDefault("has_nan") == "true");
        }
        return new AddFile
        {
            Path = DataPath.Encode(Path.GetRelativePath(folder, path).Replace('\\', '/')),
            PartitionValues = result.Column(5).IsNull(row) ? new Dictionary<string, string?>() : PartitionValues(ReadMap(result.Column(5), row), plan),
            Size = Convert.ToInt64(result.Column(2).GetValue(row), CultureInfo.InvariantCulture),
            ModificationTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            DataChange = true,
            Stats = StatisticsWriter.Write(rows, plan.Statistics, columns),
        };
    }

    private static Dictionary<string, string?> ReadMap(DuckDbVector map, int row)
    {
        var result = new Dictionary<string, string?>(StringComparer.Ordinal);
        var entry = map.ListEntry(row);
        var keys = map.Child.Field(0);
        var values = map.Child.Field(1);
        for (var i = entry.Offset; i < entry.Offset + entry.Length; i++) result[keys.GetString((int)i)!] = values.GetString((int)i);
        return result;
    }

    /// <summary>DuckDB's texts are the protocol's, but for instants.</summary>
    private static Dictionary<string, string?> PartitionValues(Dictionary<string, string?> written, WritePlan plan)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in plan.Metadata.PartitionColumns)
        {
            var field = plan.Layout.Schema.Find(name)!;
            var physical = plan.Layout.PhysicalName(field);
            var text = written.GetValueOrDefault(physical);
            if (text is not null && (field.Type == PrimitiveType.Timestamp || field.Type == PrimitiveType.TimestampNtz))
            {
                var zone = field.Type == PrimitiveType.Timestamp ? text.LastIndexOf('+') : -1;
                var micros = SqlConstant.ParseTimestamp(zone > 0 ? text[..zone] : text)
                    ?? throw new EngineException($"Partition value '{text}' of column '{name}' is outside the years that a partition can have.");
                var time = DateTime.UnixEpoch.AddTicks(micros * 10);
                text = PartitionValue.Serialize(field.Type == PrimitiveType.Timestamp ? time : DateTime.SpecifyKind(time, DateTimeKind.Unspecified), field.Type);
            }
            values[physical] = text;
        }
        return values;
    }

    private static async Task CheckNullsAsync(LakeTable table, DuckDbConnection connection, string folder, WritePlan plan, List<AddFile> files, CancellationToken cancellationToken)
    {
        foreach (var field in plan.Written.Where(field => !field.Nullable))
        {
            var name = plan.Layout.PhysicalName(field);
            foreach (var file in files)
            {
                var isPartition = plan.Layout.IsPartition(field);
                if (isPartition ? file.PartitionValues[name] is not null : !file.Statistics.NullCount.TryGetValue(name, out var nulls) || nulls == 0) continue;
                var where = isPartition ? "true" : $"{SqlText.Name(name)} IS NULL";
                var row = await connection.ScalarAsync<string>($"SELECT to_json(t)::VARCHAR FROM read_parquet({SqlText.FileLiteral(Path.Combine(folder, DataPath.Decode(file.Path)))}, hive_partitioning=false) t WHERE {where} LIMIT 1", cancellationToken).ConfigureAwait(false);
                throw new RuleBrokenException(table.ToString(), $"NOT NULL of column '{field.Name}'", $"{field.Name} IS NOT NULL", row ?? "");
            }
        }
    }

    /// <summary>A failed write's error, where the table's own rules are behind it.</summary>
    private static Exception Explain(LakeTable table, WritePlan plan, DuckDbException exception)
    {
        if (plan.Rules.Read(exception.Message) is { } broken) return new RuleBrokenException(table.ToString(), broken.Rule.Name, broken.Rule.Text, broken.Row);
        return exception.ErrorType is DuckDbErrorType.Binder or DuckDbErrorType.Catalog or DuckDbErrorType.Parser
            ? new TableNotUsableException($"Table {table} cannot be written: its rules are written in Spark's SQL, and this one is not understood here ({string.Join("; ", plan.Rules.Rules.Select(rule => $"{rule.Name}: {rule.Text}"))}). Write it with the engine that made it. {exception.Message}", table.ToString())
            : exception;
    }

    private static void DeleteStage(string folder, string stage)
    {
        foreach (var path in Directory.EnumerateFiles(folder, stage + "*", SearchOption.AllDirectories)) File.Delete(path);
    }
}
