using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>
/// Keeps rows that break rules in <c>quarantine.MODEL</c>. They are committed before the model, named by the run and by the number
/// of the model's commit that they belong to. An attempt stands when the model has a commit of its run; what an attempt without
/// one left is taken away once its number is given to another, so that no run takes what another may still commit to.
/// </summary>
internal sealed class Quarantine(RunContext run, ModelNode model, LakeTable modelTable, Snapshot? before)
{
    public const string Schema = "quarantine";

    private const string SequenceTag = "lakehouse.sequence";
    private const string ModelIdTag = "lakehouse.model_id";

    /// <summary>How many commits back an attempt is looked for: attempts of one number follow each other, but for compaction.</summary>
    private const int Reach = 50;

    private readonly LakeTable _table = run.Lake.Table(new TableName(Schema, model.Relation.Name));

    /// <summary>Commits the rows that break rules.</summary>
    /// <exception cref="TransformException">Another run has committed the model meanwhile; nothing was written.</exception>
    public async Task WriteAsync(DuckDbConnection connection, RuledRows rows, ModelOutput output, CancellationToken cancellationToken)
    {
        await output.RefuseOvertakenAsync(cancellationToken).ConfigureAwait(false);
        var options = new WriteOptions
        {
            MergeSchema = true,
            Tags = new Dictionary<string, string>
            {
                [LastRun.RunTag] = run.InvocationId,
                [SequenceTag] = output.Sequence.ToString(CultureInfo.InvariantCulture),
                [ModelIdTag] = before?.Metadata.Id ?? "",
            },
        };
        await _table.AppendAsync(connection, rows.QuarantineSql(run.InvocationId, run.StartedAt), options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes away what attempts left whose number the model has given to another. To be called when the model's commit of
    /// this number stands, be it this run's or not.</summary>
    /// <param name="sequence">The number. Lower ones but the one before were settled with it.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task SettleAsync(long sequence, CancellationToken cancellationToken)
    {
        var snapshot = await _table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        if (snapshot is null || (snapshot.CommitInfo is { } newest && newest.Tags.ContainsKey(SequenceTag) && !IsOpen(newest, sequence)))
            return;
        var attempts = new List<(long Version, string Run)>();
        await foreach (var commit in _table.HistoryAsync(Reach, cancellationToken).ConfigureAwait(false))
        {
            if (commit.Version > snapshot.Version || commit.Info is not { } info || !info.Tags.ContainsKey(SequenceTag))
                continue;
            if (!IsOpen(info, sequence))
                break;
            attempts.Add((commit.Version, info.Tags.GetValueOrDefault(LastRun.RunTag) ?? ""));
        }
        if (attempts.Count == 0)
            return;
        var committed = await CommittedRunsAsync(cancellationToken).ConfigureAwait(false);
        var orphans = attempts.Where(a => !committed.Contains(a.Run)).Select(a => a.Version).ToList();
        if (orphans.Count > 0)
            await RemoveAsync(snapshot, orphans, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether an attempt may not have been settled: it is of this model's table, and of this number or the one before.</summary>
    private bool IsOpen(CommitInfo attempt, long sequence)
    {
        // The first commit makes the table, so what goes before it cannot know its id.
        var number = long.Parse(attempt.Tags[SequenceTag]!, CultureInfo.InvariantCulture);
        var id = attempt.Tags.GetValueOrDefault(ModelIdTag) ?? "";
        return number >= sequence - 1 && number <= sequence && (id.Length == 0 ? number == 1 : id == before?.Metadata.Id);
    }

    private async Task<HashSet<string>> CommittedRunsAsync(CancellationToken cancellationToken)
    {
        var runs = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var commit in modelTable.HistoryAsync(Reach, cancellationToken).ConfigureAwait(false))
            if (commit.Info?.Tags.GetValueOrDefault(LastRun.RunTag) is { } id)
                runs.Add(id);
        return runs;
    }

    private async Task RemoveAsync(Snapshot snapshot, List<long> versions, CancellationToken cancellationToken)
    {
        var added = new HashSet<string>(StringComparer.Ordinal);
        foreach (var version in versions)
            await foreach (var commit in _table.Log.ChangesAsync(version - 1, version, cancellationToken).ConfigureAwait(false))
                added.UnionWith(commit.Adds.Select(a => a.Path));
        // What a settlement before removed, or compaction rewrote, is not there any more.
        var files = snapshot.Files.Where(f => added.Contains(f.Path)).ToList();
        if (files.Count == 0)
            return;
        var transaction = _table.Log.Begin(snapshot);
        foreach (var file in files)
            transaction.Remove(file);
        try
        {
            await transaction.CommitAsync(new CommitInfo { Operation = "DELETE" }, cancellationToken).ConfigureAwait(false);
        }
        catch (CommitConflictException)
        {
            // Another run settles the same, or compaction came between: the next run looks again.
        }
    }
}
