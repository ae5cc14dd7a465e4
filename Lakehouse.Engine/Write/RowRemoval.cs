using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Write;

/// <summary>What taking rows out did to a table's files.</summary>
/// <param name="FilesRemoved">Files that are gone, or were written anew.</param>
/// <param name="VectorsAdded">Files that stay, with a new deletion vector.</param>
/// <param name="Rewritten">New files with the rows that stay, where the table has no deletion vectors; add them to the transaction.</param>
/// <param name="VectorFiles">Files of deletion vectors that the transaction names: delete them when it fails.</param>
internal sealed record RowRemovalResult(int FilesRemoved, int VectorsAdded, StagedFiles? Rewritten, IReadOnlyList<string> VectorFiles);

/// <summary>Takes rows out of a table's files: by deletion vectors where the table has them, else by writing the other rows anew. A
/// file of which no row is left goes.</summary>
internal sealed class RowRemoval(LakeTable table, DuckDbConnection connection, Snapshot snapshot)
{
    /// <summary>Puts what is to be done into a transaction.</summary>
    /// <param name="transaction">Begun on the snapshot.</param>
    /// <param name="files">Files of the snapshot.</param>
    /// <param name="slices">The same files as scans take them.</param>
    /// <param name="rows">By number of the file: the rows to take out. None is deleted already; the bitmaps are the transaction's from here on.</param>
    /// <param name="byVector">Whether the table takes deletion vectors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<RowRemovalResult> ApplyAsync(
        DeltaTransaction transaction, IReadOnlyList<AddFile> files, IReadOnlyList<FileSlice> slices, IReadOnlyDictionary<int, RoaringBitmapArray> rows, bool byVector, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return new RowRemovalResult(0, 0, null, []);
        var touched = rows.OrderBy(match => match.Key).Select(match => (File: files[match.Key], Slice: slices[match.Key], Rows: match.Value)).ToList();
        var all = new List<RoaringBitmapArray>(touched.Count);
        foreach (var (file, _, removed) in touched)
        {
            if (file.DeletionVector is not { } before)
            {
                all.Add(removed);
                continue;
            }
            var gone = await table.DeletionVectors.ReadAsync(before, cancellationToken).ConfigureAwait(false);
            gone.UnionWith(removed);
            all.Add(gone);
        }
        var counts = new List<long>(touched.Count);
        foreach (var (file, slice, _) in touched) counts.Add(file.Statistics.NumRecords ?? await CountAsync(slice, cancellationToken).ConfigureAwait(false));
        var partly = Enumerable.Range(0, touched.Count).Where(i => all[i].Cardinality < counts[i]).ToList();

        if (!byVector)
        {
            // Copy-on-write.
            var kept = partly.ConvertAll(i => touched[i].Slice with { Rows = RowSelection.AllBut(all[i]) });
            var rewritten = kept.Count == 0 ? null : await FileRewrite.StageAsync(table, connection, snapshot, kept, cancellationToken).ConfigureAwait(false);
            foreach (var (file, _, _) in touched) transaction.Remove(file);
            return new RowRemovalResult(touched.Count, 0, rewritten, []);
        }
        var vectors = partly.Count == 0 ? [] : await table.DeletionVectors.WriteAsync([.. partly.Select(i => all[i])], cancellationToken).ConfigureAwait(false);
        foreach (var i in Enumerable.Range(0, touched.Count).Except(partly)) transaction.Remove(touched[i].File);
        for (var i = 0; i < partly.Count; i++)
        {
            var (file, _, removed) = touched[partly[i]];
            transaction.RemoveRows(file, file with { DeletionVector = vectors[i], Stats = StatisticsWriter.Loosen(file.Stats, counts[partly[i]]), DataChange = true }, removed);
        }
        return new RowRemovalResult(touched.Count - partly.Count, partly.Count, null, [.. vectors.Select(vector => table.DeletionVectors.Locate(vector).Key!).Distinct()]);
    }

    private async Task<long> CountAsync(FileSlice slice, CancellationToken cancellationToken)
    {
        using var local = await LocalFiles.OpenAsync(table, [slice], snapshot.Version, cancellationToken).ConfigureAwait(false);
        return await connection.ScalarAsync<long>($"SELECT num_rows FROM parquet_file_metadata({SqlText.FileLiteral(local.PathOf(slice.Path))})", cancellationToken).ConfigureAwait(false);
    }
}
