using System.Diagnostics;
using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>
/// Puts a run into the trace of the newest batch of ingestion, if it is the first to read it, and links it to every batch that it
/// is the first to read: one trace goes from a source's commit to the rows of gold, and a run that caught up with several batches
/// tells of all. The batches' trace contexts lie in the commits of <c>bronze._commits</c>. Where nobody listens to traces, no
/// commit is read for it.
/// </summary>
internal sealed class BatchTraces(Lake lake)
{
    private const string TraceParent = "traceparent";
    private const string CommittedAt = "lakehouse.committed_at";

    /// <summary>A run after a long pause links to the newest batches only.</summary>
    private const int MaxLinks = 32;

    private static readonly TableName ControlTable = new(BronzePins.Schema, "_commits");
    private long? _readUpTo;

    /// <summary>Looks for what a run that begins now is the first to read.</summary>
    /// <returns>
    /// The batches, oldest first; and when the newest transaction in bronze committed at the source, null when the newest batch does
    /// not tell.
    /// </returns>
    public async Task<(IReadOnlyList<ActivityLink> Batches, DateTimeOffset? CommittedAt)> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ActivityLink> read = [];
        DateTimeOffset? committedAt = null;
        if (await lake.Table(ControlTable).TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is { } snapshot)
        {
            if (Telemetry.Activities.HasListeners() && snapshot.Version != _readUpTo)
            {
                long after = Math.Max(Math.Min(_readUpTo ?? snapshot.Version - 1, snapshot.Version - 1), snapshot.Version - MaxLinks);
                read = await BatchesAsync(after, snapshot.Version, cancellationToken).ConfigureAwait(false);
                _readUpTo = snapshot.Version;
            }
            if (snapshot.CommitInfo?.Tags.GetValueOrDefault(CommittedAt) is { } text
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset committed))
                committedAt = committed;
        }
        return (read, committedAt);
    }

    /// <summary>Begins the trace of a run that reads batches. Without any, the run belongs to whoever asked for it.</summary>
    public static Activity? Start(IReadOnlyList<ActivityLink> batches)
    {
        if (batches.Count == 0) return Telemetry.Activities.StartActivity("model run", ActivityKind.Consumer);
        IEnumerable<ActivityLink> asked = Activity.Current is { } request ? [new ActivityLink(request.Context)] : [];
        return Telemetry.Activities.StartActivity("model run", ActivityKind.Consumer, batches[^1].Context, links: [.. batches, .. asked]);
    }

    /// <summary>The batches of versions of the control table, oldest first.</summary>
    private async Task<IReadOnlyList<ActivityLink>> BatchesAsync(long after, long upTo, CancellationToken cancellationToken)
    {
        List<ActivityLink> batches = [];
        try
        {
            await foreach (CommitChanges commit in lake.Table(ControlTable).Log.ChangesAsync(after, upTo, cancellationToken).ConfigureAwait(false))
            {
                if (commit.Info?.Tags.GetValueOrDefault(TraceParent) is { } parent && ActivityContext.TryParse(parent, null, isRemote: true, out ActivityContext context))
                    batches.Add(new ActivityLink(context, new ActivityTagsCollection { ["lakehouse.version"] = commit.Version }));
            }
        }
        catch (DeltaException)
        {
            // Commits that were cleaned up since cost the run its links, nothing else.
        }
        return batches;
    }
}
