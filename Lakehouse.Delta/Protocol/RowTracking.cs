using System.Globalization;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>
/// Ids that rows keep for life (PROTOCOL.md, "Row Tracking"). A row's id is that of its file's first row plus its position, unless the
/// file has a column that says otherwise: that is how rows keep their ids when they are copied or updated.
/// </summary>
public static class RowTracking
{
    /// <summary>The metadata domain with the greatest id given so far.</summary>
    internal const string Domain = "delta.rowTracking";

    /// <summary>The tag of commits after which every row still has its id.</summary>
    internal const string PreservedTag = "delta.rowTracking.preserved";

    private const string HighWaterMarkKey = "rowIdHighWaterMark";

    /// <summary>The metadata of a table that is to track its rows, with names for the columns in which copied rows keep their ids.</summary>
    internal static Metadata WithColumnNames(Metadata metadata)
    {
        foreach ((string property, string prefix) in new[] { (TableProperties.MaterializedRowIdColumn, "_row-id-col-"), (TableProperties.MaterializedRowCommitVersionColumn, "_row-commit-version-col-") })
        {
            if (!metadata.Configuration.ContainsKey(property)) metadata = metadata.WithProperty(property, prefix + Guid.NewGuid());
        }

        return metadata;
    }

    /// <summary>The greatest id given so far; -1 when there is none.</summary>
    /// <exception cref="CorruptLogException">The table's own figure cannot be read.</exception>
    internal static long HighWaterMarkOf(Snapshot? snapshot)
    {
        if (snapshot is null || !snapshot.DomainMetadata.TryGetValue(Domain, out DomainMetadata? domain)) return -1;
        try
        {
            using JsonDocument document = JsonDocument.Parse(domain.Configuration);
            return document.RootElement.GetProperty(HighWaterMarkKey).GetInt64();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CorruptLogException(snapshot.TablePath, $"the domain {Domain} does not tell {HighWaterMarkKey}: {domain.Configuration}", innerException: exception);
        }
    }

    /// <summary>Gives the new files of a commit their ids, and keeps account of them. Files that have ids keep them.</summary>
    /// <param name="actions">The commit's actions.</param>
    /// <param name="highWaterMark">The greatest id given so far.</param>
    /// <param name="version">The version that the commit makes.</param>
    internal static void Assign(List<DeltaAction> actions, long highWaterMark, long version)
    {
        long last = highWaterMark;
        for (int i = 0; i < actions.Count; i++)
        {
            if (actions[i] is not AddFile { BaseRowId: null } add) continue;
            long rows = add.Statistics.NumRecords
                ?? throw new ArgumentException($"The file '{add.Path}' cannot be added: its statistics must tell numRecords, as the table tracks its rows.");
            actions[i] = add with { BaseRowId = last + 1, DefaultRowCommitVersion = version };
            last += rows;
        }

        if (last != highWaterMark) actions.Add(new DomainMetadata(Domain, string.Create(CultureInfo.InvariantCulture, $"{{\"{HighWaterMarkKey}\":{last}}}"), Removed: false));
    }
}
