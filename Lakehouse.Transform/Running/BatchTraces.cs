using System.Diagnostics;
using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>
/// Links a run to the batches of ingestion that it is the first to read: their trace contexts lie in the commits of
/// <c>bronze._commits</c>. Where nobody listens to traces, no commit is read for it.
/// </summary>
internal sealed class BatchTraces(Lake lake)
{
    private const string TraceParent = "traceparent";
    private const string CommittedAt = "lakehouse.committed_at";

    /// <summary>A run after a long pause links to the newest batches only.</summary>
    private const int MaxLinks = 32;

    private static readonly TableName ControlTable = new(BronzePins.Schema, "_commits");
    private long? _readUpTo;

    /// <summary>Adds the links.</summary>
    /// <returns>When the newest transaction in bronze committed at the source; null when the newest batch does not tell.</returns>
    public async Task<DateTimeOffset?> LinkAsync(Activity? run, CancellationToken cancellationToken)
    {
        if (await lake.Table(ControlTable).TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is not { } snapshot) return null;
        if (run is not null && snapshot.Version != _readUpTo)
        {
            long after = Math.Max(Math.Min(_readUpTo ?? snapshot.Version - 1, snapshot.Version - 1), snapshot.Version - MaxLinks);
            await LinkAsync(run, after, snapshot.Version, cancellationToken).ConfigureAwait(false);
            _readUpTo = snapshot.Version;
        }
        return snapshot.CommitInfo?.Tags.GetValueOrDefault(CommittedAt) is { } text
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset committed)
            ? committed
            : null;
    }

    private async Task LinkAsync(Activity run, long after, long upTo, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (CommitChanges commit in lake.Table(ControlTable).Log.ChangesAsync(after, upTo, cancellationToken).ConfigureAwait(false))
            {
                if (commit.Info?.Tags.GetValueOrDefault(TraceParent) is { } parent && ActivityContext.TryParse(parent, null, isRemote: true, out ActivityContext context))
                    run.AddLink(new ActivityLink(context, new ActivityTagsCollection { ["lakehouse.version"] = commit.Version }));
            }
        }
        catch (DeltaException)
        {
            // Commits that were cleaned up since cost the run its links, nothing else.
        }
    }
}
