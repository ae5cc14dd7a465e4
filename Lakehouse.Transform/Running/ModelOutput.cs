using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>Writes a model's rows and the versions they were made from, in one commit.</summary>
internal sealed class ModelOutput(RunContext run, ModelNode model, LakeSession session, LakeTable table, Snapshot? current, LastRun becomes)
{
    private readonly NodeConfig _config = model.Config;
    private readonly string _applicationId = ApplicationId(model);

    /// <summary>The number of this commit among the model's own. Two runs that began at the same state have the same, so that only one of
    /// them commits (Delta PROTOCOL.md, "Transaction Identifiers").</summary>
    public long Sequence { get; } = (current?.TransactionVersion(ApplicationId(model)) ?? 0) + 1;

    /// <param name="sql">The model's result.</param>
    /// <param name="incremental">Take the rows in; otherwise they replace what is there.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task<Written> WriteAsync(string sql, bool incremental, CancellationToken cancellationToken) =>
        WriteAsync(sql, incremental, isStable: false, marksBroken: false, cancellationToken);

    /// <summary>Writes rows that were computed already: those that break no rule. A key whose row breaks one is deleted.</summary>
    public Task<Written> WriteAsync(RuledRows rows, bool incremental, CancellationToken cancellationToken)
    {
        var merges = incremental && _config.Merges;
        return WriteAsync(rows.SourceSql(merges, _config.UniqueKey), incremental, isStable: true, marksBroken: merges && rows.Broken.Count > 0, cancellationToken);
    }

    private async Task<Written> WriteAsync(string sql, bool incremental, bool isStable, bool marksBroken, CancellationToken cancellationToken)
    {
        CommitResult commit;
        try
        {
            commit = await WriteOnceAsync(sql, incremental, isStable, marksBroken, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (incremental && _config.OnSchemaChange == SchemaChange.Ignore && e is SchemaNotAcceptedException or SchemaMismatchException)
        {
            // Describing every result beforehand would cost each run a bind; only a refused write needs it.
            var known = await KnownColumnsAsync(sql, cancellationToken).ConfigureAwait(false);
            if (known is null)
                throw;
            commit = await WriteOnceAsync($"SELECT {known} FROM ({sql})", incremental, isStable, marksBroken, cancellationToken).ConfigureAwait(false);
        }
        if (commit.Skipped)
            throw Overtaken(commit.Snapshot);
        return new Written(commit, Rows(commit.Snapshot.CommitInfo), 0);
    }

    /// <summary>Stops before anything is written when another run has made this commit of the model.</summary>
    /// <exception cref="OvertakenException">It has.</exception>
    public async Task RefuseOvertakenAsync(CancellationToken cancellationToken)
    {
        var latest = await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        if (latest?.TransactionVersion(_applicationId) >= Sequence)
            throw Overtaken(latest);
    }

    private OvertakenException Overtaken(Snapshot latest)
    {
        var winner = latest.CommitInfo?.Tags.GetValueOrDefault(LastRun.RunTag);
        return new OvertakenException($"another run{(winner is null ? "" : " (" + winner + ")")} has committed version {latest.Version} of {model.Relation} meanwhile; nothing was written. Run again to go on from there");
    }

    /// <param name="sql">The rows.</param>
    /// <param name="incremental">Take them in; otherwise they replace what is there.</param>
    /// <param name="isStable">The SQL reads rows that are in memory.</param>
    /// <param name="marksBroken">The rows carry <see cref="RuledRows.BrokenMark"/>: those marked delete their key.</param>
    /// <param name="cancellationToken">Stops.</param>
    private async Task<CommitResult> WriteOnceAsync(string sql, bool incremental, bool isStable, bool marksBroken, CancellationToken cancellationToken)
    {
        var options = new WriteOptions
        {
            Tags = becomes.ToTags(run.InvocationId),
            Transaction = (_applicationId, Sequence),
        };
        if (!incremental)
            return await table.OverwriteAsync(session.Connection, Stored(sql), options with { OverwriteSchema = true, PartitionBy = _config.PartitionBy }, cancellationToken).ConfigureAwait(false);
        if (_config.OnSchemaChange == SchemaChange.Fail)
            await RefuseOtherColumnsAsync(sql, cancellationToken).ConfigureAwait(false);
        options = options with { MergeSchema = _config.OnSchemaChange == SchemaChange.AppendNewColumns };
        if (!_config.Merges)
            return await table.AppendAsync(session.Connection, Stored(sql), options, cancellationToken).ConfigureAwait(false);
        var deleteWhen = (_config.DeleteWhen, marksBroken) switch
        {
            ({ } own, true) => $"({own}) OR {RuledRows.BrokenMark}",
            ({ } own, false) => own,
            (null, true) => RuledRows.BrokenMark,
            _ => null,
        };
        var merge = new MergeOptions
        {
            Keys = _config.UniqueKey,
            DeleteWhen = deleteWhen,
            ExceptColumns = marksBroken ? [.. _config.ExceptColumns, RuledRows.BrokenMark] : _config.ExceptColumns,
            Tags = options.Tags,
            Transaction = options.Transaction,
            MergeSchema = options.MergeSchema,
            SourceIsStable = isStable,
        };
        return await table.MergeAsync(session.Connection, sql, merge, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The rows and columns of the result that are stored, where no merge takes care of it.</summary>
    private string Stored(string sql)
    {
        if (_config.DeleteWhen is null && _config.ExceptColumns.Count == 0)
            return sql;
        var columns = _config.ExceptColumns.Count == 0 ? "*" : $"* EXCLUDE ({string.Join(", ", _config.ExceptColumns)})";
        return $"SELECT {columns} FROM ({sql})" + (_config.DeleteWhen is { } gone ? $" WHERE NOT coalesce({gone}, false)" : "");
    }

    /// <summary>The result's columns that the table has, or that steer the write; null when that is all of them.</summary>
    private async Task<string?> KnownColumnsAsync(string sql, CancellationToken cancellationToken)
    {
        var columns = await ColumnsAsync(sql, cancellationToken).ConfigureAwait(false);
        var kept = columns.Where(c => current!.Schema.Find(c) is not null || c == RuledRows.BrokenMark || _config.ExceptColumns.Contains(c, StringComparer.OrdinalIgnoreCase)).ToList();
        return kept.Count == columns.Count ? null : string.Join(", ", kept.Select(Quote));
    }

    private async Task RefuseOtherColumnsAsync(string sql, CancellationToken cancellationToken)
    {
        var now = (await ColumnsAsync(sql, cancellationToken).ConfigureAwait(false))
            .Where(c => c != RuledRows.BrokenMark).Except(_config.ExceptColumns, StringComparer.OrdinalIgnoreCase).ToList();
        var before = current!.Schema.Fields.Select(f => f.Name).ToList();
        var added = now.Except(before, StringComparer.OrdinalIgnoreCase).ToList();
        var removed = before.Except(now, StringComparer.OrdinalIgnoreCase).ToList();
        if (added.Count + removed.Count > 0)
        {
            throw new TransformException($"the columns of {model.Name} have changed (on_schema_change: fail): "
                + string.Join("; ", new[] { added.Count > 0 ? "new: " + string.Join(", ", added) : "", removed.Count > 0 ? "gone: " + string.Join(", ", removed) : "" }.Where(t => t.Length > 0))
                + ". Build it with a full refresh, or let on_schema_change be append_new_columns");
        }
    }

    private async Task<List<string>> ColumnsAsync(string sql, CancellationToken cancellationToken)
    {
        using var result = await session.Connection.QueryAllAsync($"SELECT * FROM ({sql}) LIMIT 0", cancellationToken).ConfigureAwait(false);
        return [.. result.Columns.Select(c => c.Name)];
    }

    private static long Rows(CommitInfo? info) => Metric(info, "numOutputRows") + Metric(info, "numTargetRowsDeleted");

    private static long Metric(CommitInfo? info, string name) =>
        info?.OperationMetrics.GetValueOrDefault(name) is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private static string ApplicationId(ModelNode model) => "transform:" + model.UniqueId;

    /// <summary>What a write did.</summary>
    internal sealed record Written(CommitResult Commit, long Rows, long Quarantined);
}
