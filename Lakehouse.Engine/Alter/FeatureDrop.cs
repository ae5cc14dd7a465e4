using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Upkeep;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Alter;

/// <summary>
/// Takes a feature out of a table's protocol, so that programs without it may use the table again (PROTOCOL.md, "Feature removal"
/// and "Checkpoint Protection"). First what uses it leaves the newest version. A feature that readers must know is still needed for older
/// versions: either these are protected, a checkpoint standing before the first version without it, or they must be gone.
/// </summary>
internal sealed class FeatureDrop(LakeTable table, DuckDbConnection connection)
{
    public async Task<CommitResult> RunAsync(string name, bool truncateHistory, CancellationToken cancellationToken)
    {
        var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
        if (!DroppableFeature.All.TryGetValue(name, out var feature))
            throw new TableNotUsableException($"Table {table}: the feature '{name}' cannot be dropped here; these can: {string.Join(", ", DroppableFeature.All.Keys.Order(StringComparer.Ordinal))}.", table.ToString());
        if (!snapshot.Protocol.Supports(feature.Feature)) throw new TableNotUsableException($"Table {table} does not have the feature '{name}'.", table.ToString());
        for (var attempt = 1; ; attempt++)
        {
            snapshot = await PrepareAsync(feature, cancellationToken).ConfigureAwait(false);
            try
            {
                return await DropAsync(feature, snapshot, truncateHistory, cancellationToken).ConfigureAwait(false);
            }
            catch (CommitConflictException) when (attempt < table.Lake.Options.MaxAttempts)
            {
                // Once more, on what the winner left: it may use the feature again.
            }
        }
    }

    /// <summary>Makes a version that does not use the feature.</summary>
    private async Task<Snapshot> PrepareAsync(DroppableFeature feature, CancellationToken cancellationToken)
    {
        var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
        if (feature.Hindrance(snapshot) is { } hindrance) throw new TableNotUsableException($"Table {table} needs the feature '{feature.Feature.Name}': {hindrance}.", table.ToString());
        var changed = feature.Properties.Where(property => snapshot.Configuration.GetValueOrDefault(property.Key) != property.Value).ToDictionary(property => property.Key, property => property.Value);
        if (changed.Count > 0) snapshot = (await table.SetPropertiesAsync(changed, cancellationToken).ConfigureAwait(false)).Snapshot;
        if (feature.Purges && snapshot.Files.Any(feature.IsUsedByFile))
        {
            await table.PurgeAsync(connection, null, cancellationToken).ConfigureAwait(false);
            snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
        }
        if (feature.Rewrites is { } change && feature.IsUsedBy(snapshot.Metadata)) snapshot = (await RewriteAsync(change, cancellationToken).ConfigureAwait(false)).Snapshot;
        return snapshot;
    }

    private async Task<CommitResult> DropAsync(DroppableFeature feature, Snapshot snapshot, bool truncateHistory, CancellationToken cancellationToken)
    {
        var name = feature.Feature.Name;
        var protocol = snapshot.Protocol.Without(feature.Feature);
        var metadata = snapshot.Metadata;
        if (feature.Feature.IsReaderFeature)
        {
            // What reads from here on must not come across older actions.
            await table.Log.CheckpointAsync(snapshot, cancellationToken).ConfigureAwait(false);
            if (truncateHistory) await TruncateAsync(feature, snapshot, cancellationToken).ConfigureAwait(false);
            else (protocol, metadata) = Protect(protocol, metadata, snapshot.Version + 1);
        }
        var transaction = table.Log.Begin(snapshot);
        transaction.ReadWholeTable();
        transaction.SetMetadata(metadata);
        transaction.SetProtocol(protocol);
        var parameters = new Dictionary<string, string?> { ["featureName"] = name, ["truncateHistory"] = truncateHistory ? "true" : "false" };
        var result = table.Learn(await transaction.CommitAsync(Commits.Describe(table, new WriteOptions(), "DROP FEATURE", parameters, []), cancellationToken).ConfigureAwait(false));
        if (!feature.Feature.IsReaderFeature) return result;
        if (!truncateHistory && result.Version != snapshot.Version + 1)
        {
            // A commit that conflicts with nothing came between: the history before ours is longer by that.
            var property = new Dictionary<string, string?> { [TableProperties.RequireCheckpointProtectionBeforeVersion] = result.Version.ToString(CultureInfo.InvariantCulture) };
            result = await table.SetPropertiesAsync(property, cancellationToken).ConfigureAwait(false);
        }
        await table.Log.CheckpointAsync(result.Snapshot, cancellationToken).ConfigureAwait(false);
        return result;
    }

    private static (Protocol Protocol, Metadata Metadata) Protect(Protocol protocol, Metadata metadata, long version)
    {
        var before = Math.Max(version, metadata.ProtectedBeforeVersionOf());
        return (protocol.With([TableFeatures.CheckpointProtection]), metadata.WithProperty(TableProperties.RequireCheckpointProtectionBeforeVersion, before.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Deletes what of the log may go, and sees that no version that uses the feature is left.</summary>
    private async Task TruncateAsync(DroppableFeature feature, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var retention = snapshot.Metadata.DropFeatureRetentionOf();
        await table.Log.CleanUpAsync(snapshot, retention, cancellationToken).ConfigureAwait(false);
        var earliest = await table.Log.LoadAsync(await table.Log.EarliestVersionAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        long? used = feature.IsUsedBy(earliest.Metadata) || earliest.Files.Any(feature.IsUsedByFile) ? earliest.Version : null;
        await foreach (var commit in table.Log.ChangesAsync(earliest.Version, snapshot.Version, cancellationToken).ConfigureAwait(false))
            if ((commit.Metadata is { } metadata && feature.IsUsedBy(metadata)) || commit.Adds.Any(feature.IsUsedByFile)) used = commit.Version;
        if (used is null) return;
        throw new TableNotUsableException(
            $"Table {table}: the newest version no longer uses the feature '{feature.Feature.Name}', but older ones up to {used} do, and history younger than {retention} is kept ({TableProperties.DropFeatureRetention}). "
            + "Drop the feature again when they have aged, or without truncating the history.",
            table.ToString());
    }

    /// <summary>Writes all files anew for another form of the metadata, of the same columns.</summary>
    private async Task<CommitResult> RewriteAsync(Func<Metadata, Metadata> change, CancellationToken cancellationToken)
    {
        await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
                var metadata = change(snapshot.Metadata);
                var files = snapshot.Files.ToList();
                var staged = await FileRewrite.StageAsync(table, connection, snapshot, await table.SlicesAsync(files, cancellationToken).ConfigureAwait(false), WritePlan.Of(metadata), cancellationToken).ConfigureAwait(false);
                try
                {
                    var transaction = table.Log.Begin(snapshot);
                    transaction.ReadWholeTable();
                    transaction.SetMetadata(metadata);
                    foreach (var file in files) transaction.Remove(file, dataChange: false);
                    foreach (var file in staged.Files) transaction.Add(file with { DataChange = false });
                    var info = Commits.Describe(table, new WriteOptions(), "REORG", [], [("numRemovedFiles", files.Count), ("numAddedFiles", staged.Files.Count)]);
                    return table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
                }
                catch (Exception exception) when (exception is not CommitOutcomeUnknownException)
                {
                    table.Discard(staged);
                    if (exception is not CommitConflictException || attempt >= table.Lake.Options.MaxAttempts) throw;
                }
            }
        }
        finally
        {
            table.Turn.Release();
        }
    }
}
