using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Changes;

/// <summary>
/// A table's change data feed between two versions (PROTOCOL.md, "Reader Requirements for AddCDCFile"): what change files say
/// where a version has any, else the rows of files that came and went, and the rows in which deletion vectors differ.
/// </summary>
/// <param name="Recorded">Change files; their rows carry their own <c>_change_type</c>.</param>
/// <param name="Derived">Rows that came or went.</param>
internal sealed record TableFeed(IReadOnlyList<FileSlice> Recorded, IReadOnlyList<FileSlice> Derived)
{
    /// <summary>What the feed adds to the rows of change files.</summary>
    public static IReadOnlyList<ExtraColumn> RecordedColumns { get; } = [new("_commit_version", "BIGINT"), new("_commit_timestamp", "TIMESTAMP WITH TIME ZONE")];

    /// <summary>What the feed adds to derived rows.</summary>
    public static IReadOnlyList<ExtraColumn> DerivedColumns { get; } = [new("_change_type", "VARCHAR"), .. RecordedColumns];

    /// <summary>The feed of the versions from <paramref name="from"/> to that of a snapshot.</summary>
    public static async Task<TableFeed> ReadAsync(LakeTable table, Snapshot upTo, long from, CancellationToken cancellationToken)
    {
        List<FileSlice> recorded = [], derived = [];
        await foreach (var commit in table.Log.ChangesAsync(from - 1, upTo.Version, cancellationToken).ConfigureAwait(false))
        {
            var time = $"'{commit.Timestamp.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)}+00'";
            var version = commit.Version.ToString(CultureInfo.InvariantCulture);
            if (commit.ChangeFiles.Count > 0)
            {
                recorded.AddRange(commit.ChangeFiles.Select(file => new FileSlice(file.Path, file.PartitionValues, null, [version, time], null)));
                continue;
            }
            var slices = new List<FileSlice>();
            await TableChanges.AddAsync(table, commit, slices, cancellationToken).ConfigureAwait(false);
            derived.AddRange(slices.Select(slice => slice with { Extras = [.. slice.Extras, time] }));
        }
        return new TableFeed(recorded, derived);
    }

    /// <summary>The feed as a SELECT.</summary>
    /// <param name="layout">The columns of the last version.</param>
    /// <param name="localPath">Where a file of the log is on disk.</param>
    /// <param name="selectionId">The id of the derived slices' row selections; null when all rows are shown.</param>
    public string ToSql(ColumnLayout layout, Func<string, string> localPath, long? selectionId)
    {
        var type = new StructField(Dml.ChangeRows.TypeColumn, PrimitiveType.String);
        var recorded = ScanSql.Write(layout.ByName(), Recorded, localPath, null, [.. layout.Schema.Fields, type], RecordedColumns);
        return $"{recorded} UNION ALL BY NAME {ScanSql.Write(layout, Derived, localPath, selectionId, extras: DerivedColumns)}";
    }
}
