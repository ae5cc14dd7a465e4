using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Changes;

/// <summary>Works out from the log alone which rows of which files came and went.</summary>
internal static class TableChanges
{
    /// <summary>The columns that a view of changes adds.</summary>
    public static IReadOnlyList<ExtraColumn> Columns { get; } = [new("_change_type", "VARCHAR"), new("_commit_version", "BIGINT")];

    /// <summary>The rows that changed after a version, as slices of files. A commit that gives a file another deletion vector changed the
    /// rows in which the two differ.</summary>
    public static async Task<IReadOnlyList<FileSlice>> ReadAsync(LakeTable table, Snapshot upTo, long? afterVersion, CancellationToken cancellationToken)
    {
        var slices = new List<FileSlice>();
        if (afterVersion is not { } after)
        {
            foreach (var slice in await table.SlicesAsync([.. upTo.Files], cancellationToken).ConfigureAwait(false))
                slices.Add(slice with { Extras = Extras("insert", upTo.Version) });
            return slices;
        }
        if (after > upTo.Version)
            throw new EngineException($"Table {table}: changes after version {after} were asked for up to version {upTo.Version}. The table may have been made anew: read it in full.", table.ToString(), upTo.Version);
        await foreach (var commit in table.Log.ChangesAsync(after, upTo.Version, cancellationToken).ConfigureAwait(false))
            await AddAsync(table, commit, slices, cancellationToken).ConfigureAwait(false);
        return slices;
    }

    /// <summary>Adds the rows that one commit changed.</summary>
    public static async Task AddAsync(LakeTable table, CommitChanges commit, List<FileSlice> slices, CancellationToken cancellationToken)
    {
        var removes = commit.Removes.Where(file => file.DataChange).ToDictionary(file => DataPath.Decode(file.Path), StringComparer.Ordinal);
        foreach (var add in commit.Adds.Where(file => file.DataChange))
        {
            if (!removes.Remove(DataPath.Decode(add.Path), out var remove))
            {
                var left = add.DeletionVector is { } vector ? await table.Lake.RowsLeftAsync(table, vector, cancellationToken).ConfigureAwait(false) : null;
                slices.Add(new FileSlice(add.Path, add.PartitionValues, left, Extras("insert", commit.Version), add.Statistics.NumRecords));
                continue;
            }
            var before = await RowsAsync(table, remove.DeletionVector, cancellationToken).ConfigureAwait(false);
            var after = await RowsAsync(table, add.DeletionVector, cancellationToken).ConfigureAwait(false);
            AddDifference(after, before, "delete");
            AddDifference(before, after, "insert");

            void AddDifference(RoaringBitmapArray rows, RoaringBitmapArray others, string change)
            {
                var changed = new RoaringBitmapArray();
                foreach (var row in rows.Values())
                    if (!others.Contains(row)) changed.Add(row);
                if (changed.Cardinality > 0) slices.Add(new FileSlice(add.Path, add.PartitionValues, RowSelection.Only(changed), Extras(change, commit.Version), add.Statistics.NumRecords));
            }
        }
        foreach (var remove in removes.Values)
        {
            var left = remove.DeletionVector is { } vector ? await table.Lake.RowsLeftAsync(table, vector, cancellationToken).ConfigureAwait(false) : null;
            slices.Add(new FileSlice(remove.Path, remove.PartitionValues ?? new Dictionary<string, string?>(), left, Extras("delete", commit.Version), null));
        }
    }

    private static async Task<RoaringBitmapArray> RowsAsync(LakeTable table, DeletionVectorDescriptor? vector, CancellationToken cancellationToken) =>
        vector is null ? new RoaringBitmapArray() : await table.DeletionVectors.ReadAsync(vector, cancellationToken).ConfigureAwait(false);

    private static string[] Extras(string change, long version) => [$"'{change}'", version.ToString(CultureInfo.InvariantCulture)];
}
