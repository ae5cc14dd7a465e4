using Lakehouse.Delta;
using Lakehouse.Engine.Results;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary><c>OPTIMIZE table</c>, and <c>REORG TABLE table APPLY (PURGE)</c>, which takes deleted rows out of the files.</summary>
internal sealed class OptimizeCommand(TableReference table, OptimizeOptions options, bool purges) : LakeCommand(table)
{
    public const string Usage = "OPTIMIZE table [WHERE partition condition] [ZORDER BY (column, …)]";

    public const string ReorgUsage = "REORG TABLE table [WHERE partition condition] APPLY (PURGE)";

    public override LakeStatementKind Kind => LakeStatementKind.Tends;

    public static OptimizeCommand Read(SqlCursor sql, TableReference table)
    {
        OptimizeOptions options = new();
        if (sql.Accept("where")) options = options with { Where = sql.TextUntil(false, "zorder") };
        if (sql.Accept("zorder"))
        {
            sql.Expect("by");
            options = options with { ZOrderBy = sql.IsNext('(') ? sql.Names(paths: true) : Paths(sql) };
        }
        sql.ExpectEnd();
        return new OptimizeCommand(table, options, purges: false);
    }

    public static OptimizeCommand ReadReorg(SqlCursor sql, TableReference table)
    {
        string? where = sql.Accept("where") ? sql.TextUntil(false, "apply") : null;
        sql.Expect("apply");
        sql.Expect('(');
        sql.Expect("purge");
        sql.Expect(')');
        sql.ExpectEnd();
        return new OptimizeCommand(table, new OptimizeOptions { Where = where }, purges: true);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        LakeTable target = Table.In(session.Lake);
        OptimizeResult result = purges
            ? await target.PurgeAsync(session.Connection, options.Where, cancellationToken).ConfigureAwait(false)
            : await target.OptimizeAsync(session.Connection, options, cancellationToken).ConfigureAwait(false);
        return new CommandRows(("version", "BIGINT"), ("commits", "BIGINT"), ("numRemovedFiles", "BIGINT"), ("numAddedFiles", "BIGINT"), ("numRemovedBytes", "BIGINT"), ("numAddedBytes", "BIGINT"), ("numPurgedRows", "BIGINT"))
            .Add(result.Version, result.Commits, result.FilesRemoved, result.FilesAdded, result.BytesRemoved, result.BytesAdded, result.RowsPurged);
    }

    private static List<string> Paths(SqlCursor sql)
    {
        List<string> paths = [];
        do paths.Add(sql.Path());
        while (sql.Accept(','));
        return paths;
    }
}

/// <summary><c>VACUUM table</c></summary>
internal sealed class VacuumCommand(TableReference table, VacuumOptions options) : LakeCommand(table)
{
    public const string Usage = "VACUUM table [RETAIN n HOURS] [DRY RUN]";

    public override LakeStatementKind Kind => LakeStatementKind.Tends;

    public static VacuumCommand Read(SqlCursor sql, TableReference table)
    {
        TimeSpan? retention = null;
        if (sql.Accept("retain"))
        {
            retention = TimeSpan.FromHours(sql.Number());
            if (!sql.Accept("hour")) sql.Expect("hours");
        }
        bool dryRun = sql.Accept("dry", "run");
        sql.ExpectEnd();
        return new VacuumCommand(table, new VacuumOptions { Retention = retention, DryRun = dryRun });
    }

    /// <summary>A dry run gives a row for each file; a real one counts them.</summary>
    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        VacuumResult result = await Table.In(session.Lake).VacuumAsync(options, cancellationToken).ConfigureAwait(false);
        if (!options.DryRun) return new CommandRows(("numDeletedFiles", "BIGINT"), ("numDeletedBytes", "BIGINT")).Add(result.Files.Count, result.Bytes);
        CommandRows rows = new(("path", "VARCHAR"));
        foreach (string file in result.Files) rows.Add(file);
        return rows;
    }
}

/// <summary><c>RESTORE TABLE table TO VERSION AS OF n</c></summary>
internal sealed class RestoreCommand(TableReference table, TableMoment moment) : LakeCommand(table)
{
    public const string Usage = "RESTORE [TABLE] table TO VERSION AS OF n, or RESTORE [TABLE] table TO TIMESTAMP AS OF 'time'";

    public override LakeStatementKind Kind => LakeStatementKind.Tends;

    public static RestoreCommand Read(SqlCursor sql, TableReference table)
    {
        sql.Accept("to");
        TableMoment moment = sql.Moment() ?? throw sql.Wrong("a version or a time is expected");
        sql.ExpectEnd();
        return new RestoreCommand(table, moment);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        LakeTable target = Table.In(session.Lake);
        long version = moment.Version ?? (await moment.SnapshotAsync(target, cancellationToken).ConfigureAwait(false)).Version;
        CommitResult result = await target.RestoreAsync(version, cancellationToken).ConfigureAwait(false);
        return CommandRows.Of(result, "numRestoredFiles", "numRemovedFiles", "restoredFilesSize", "removedFilesSize");
    }
}

/// <summary><c>DESCRIBE HISTORY table</c>: its versions, newest first, in Spark's columns.</summary>
internal sealed class DescribeHistoryCommand(TableReference table, int? limit) : LakeCommand(table)
{
    public const string Usage = "DESCRIBE HISTORY table [LIMIT n]";

    public override LakeStatementKind Kind => LakeStatementKind.Describes;

    public static DescribeHistoryCommand Read(SqlCursor sql, TableReference table)
    {
        int? limit = sql.Accept("limit") ? (int)Math.Min(sql.Number(), int.MaxValue) : null;
        sql.ExpectEnd();
        return new DescribeHistoryCommand(table, limit);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        CommandRows rows = new(
            ("version", "BIGINT"), ("timestamp", "TIMESTAMPTZ"), ("operation", "VARCHAR"), ("operationParameters", "MAP(VARCHAR, VARCHAR)"), ("readVersion", "BIGINT"),
            ("isolationLevel", "VARCHAR"), ("isBlindAppend", "BOOLEAN"), ("operationMetrics", "MAP(VARCHAR, VARCHAR)"), ("userMetadata", "VARCHAR"), ("engineInfo", "VARCHAR"));
        await foreach (CommitRecord commit in Table.In(session.Lake).HistoryAsync(limit, cancellationToken).ConfigureAwait(false))
        {
            CommitInfo? info = commit.Info;
            rows.Add(commit.Version, commit.Timestamp, info?.Operation, info?.OperationParameters, info?.ReadVersion, info?.IsolationLevel, info?.IsBlindAppend, info?.OperationMetrics, info?.UserMetadata, info?.EngineInfo);
        }
        return rows;
    }
}

/// <summary><c>DESCRIBE DETAIL table</c>: what it is made of, in Spark's columns and some more.</summary>
internal sealed class DescribeDetailCommand(TableReference table) : LakeCommand(table)
{
    public const string Usage = "DESCRIBE DETAIL table";

    public override LakeStatementKind Kind => LakeStatementKind.Describes;

    public static DescribeDetailCommand Read(SqlCursor sql, TableReference table)
    {
        sql.ExpectEnd();
        return new DescribeDetailCommand(table);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        LakeTable target = Table.In(session.Lake);
        Snapshot snapshot = await target.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
        TableDetail detail = TableDetail.Of(target, snapshot);
        return new CommandRows(
            ("format", "VARCHAR"), ("id", "VARCHAR"), ("name", "VARCHAR"), ("description", "VARCHAR"), ("version", "BIGINT"), ("createdAt", "TIMESTAMPTZ"), ("lastModified", "TIMESTAMPTZ"),
            ("partitionColumns", "VARCHAR[]"), ("numFiles", "BIGINT"), ("sizeInBytes", "BIGINT"), ("numRows", "BIGINT"), ("numDeletedRows", "BIGINT"), ("properties", "MAP(VARCHAR, VARCHAR)"),
            ("minReaderVersion", "BIGINT"), ("minWriterVersion", "BIGINT"), ("tableFeatures", "VARCHAR[]"))
            .Add("delta", detail.Id, detail.Table, detail.Description, detail.Version, detail.CreatedAt, detail.CommittedAt,
                detail.PartitionColumns, detail.Files, detail.Bytes, detail.Rows, detail.DeletedRows, detail.Properties,
                detail.MinReaderVersion, detail.MinWriterVersion, detail.Features);
    }
}
