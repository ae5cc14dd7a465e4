using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>
/// Keeps rows that break rules in <c>quarantine.MODEL</c>. The rows are committed before the model, under the model's sequence
/// number; when the model's commit then fails, the next attempt has the same number and takes the place of what was kept.
/// </summary>
internal sealed class Quarantine(RunContext run, ModelNode model)
{
    public const string Schema = "quarantine";

    private readonly LakeTable _table = run.Lake.Table(new TableName(Schema, model.Relation.Name));
    private readonly string _applicationId = "quarantine:" + model.UniqueId;

    public async Task WriteAsync(DuckDbConnection connection, RuledRows rows, long sequence, CancellationToken cancellationToken)
    {
        var sql = rows.QuarantineSql(run.InvocationId, run.StartedAt);
        var options = new WriteOptions
        {
            MergeSchema = true,
            Tags = new Dictionary<string, string> { [LastRun.RunTag] = run.InvocationId, ["lakehouse.sequence"] = sequence.ToString(CultureInfo.InvariantCulture) },
            Transaction = (_applicationId, sequence),
        };
        if (await OrphanAsync(sequence, cancellationToken).ConfigureAwait(false) is { } orphan)
            await ReplaceAsync(connection, sql, orphan, options, cancellationToken).ConfigureAwait(false);
        else
            await _table.AppendAsync(connection, sql, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The table, when its last commit belongs to an attempt of the same number, whose model never came.</summary>
    private async Task<Snapshot?> OrphanAsync(long sequence, CancellationToken cancellationToken)
    {
        var snapshot = await _table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        return snapshot?.TransactionVersion(_applicationId) >= sequence ? snapshot : null;
    }

    private async Task ReplaceAsync(DuckDbConnection connection, string sql, Snapshot orphan, WriteOptions options, CancellationToken cancellationToken)
    {
        var staged = await _table.StageAsync(connection, sql, null, options, cancellationToken).ConfigureAwait(false);
        var transaction = _table.Log.Begin(orphan);
        transaction.ReadWholeTable();
        await foreach (var commit in _table.Log.ChangesAsync(orphan.Version - 1, orphan.Version, cancellationToken).ConfigureAwait(false))
            foreach (var file in commit.Adds)
                transaction.Remove(file);
        foreach (var file in staged.Files)
            transaction.Add(file);
        await transaction.CommitAsync(new CommitInfo { Operation = "WRITE", Tags = options.Tags!.ToDictionary(t => t.Key, t => (string?)t.Value) }, cancellationToken).ConfigureAwait(false);
    }
}
