using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Dml;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Merge;

/// <summary>A merge by keys. The source is computed once; old rows are found by one join that reads only key columns and positions;
/// they go by deletion vectors, and new rows come in new files.</summary>
internal sealed class TableMerge(LakeTable table, DuckDbConnection connection, MergeOptions options)
{
    /// <summary>Up to so many rows of a source its matches are kept in memory, which saves planning the join a second time.</summary>
    private const long FewRows = 100_000;

    /// <summary>Files of deletion vectors that no commit names yet.</summary>
    private readonly List<string> _vectorFiles = [];

    private bool _readsItself;

    public async Task<CommitResult> RunAsync(string sourceSql, CancellationToken cancellationToken)
    {
        if (options.Keys.Count == 0) throw new EngineException($"Merge into {table}: name at least one key column.", table.ToString());
        _readsItself = RowCondition.MayName(table, sourceSql);
        await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var snapshot = await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
            if (Commits.Done(snapshot, options) is { } done) return done;
            await using var source = await MergeSource.CreateAsync(table, connection, sourceSql, options, cancellationToken).ConfigureAwait(false);
            return await RunAsync(source, snapshot, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            table.Turn.Release();
        }
    }

    private async Task<CommitResult> RunAsync(MergeSource source, Snapshot? snapshot, CancellationToken cancellationToken)
    {
        var plan = Plan(source, snapshot);
        var staged = new List<StagedFiles>();
        try
        {
            if (source.Upserts > 0) staged.Add(await ParquetStager.WriteAsync(table, connection, source.UpsertSql, source.Columns, plan, cancellationToken).ConfigureAwait(false));
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return table.Learn(await TryCommitAsync(source, snapshot, plan, staged, cancellationToken).ConfigureAwait(false));
                }
                catch (DeltaException exception) when (exception is CommitConflictException or TableExistsException && attempt < table.Lake.Options.MaxAttempts)
                {
                    await DiscardVectorsAsync().ConfigureAwait(false);
                    snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
                    if (Commits.Done(snapshot, options) is { } done)
                    {
                        foreach (var files in staged) table.Discard(files);
                        return done;
                    }
                    var again = Plan(source, snapshot);
                    if (!DeltaTypes.SameShape(new StructType(again.Written), new StructType(plan.Written)) || !again.Metadata.PartitionColumns.SequenceEqual(plan.Metadata.PartitionColumns)
                        || (source.Upserts > 0 && !again.Takes(staged[0])) || exception.TookFilesAway())
                    {
                        // The table asks for other files now.
                        foreach (var files in staged) table.Discard(files);
                        staged.Clear();
                        if (source.Upserts > 0) staged.Add(await ParquetStager.WriteAsync(table, connection, source.UpsertSql, source.Columns, again, cancellationToken).ConfigureAwait(false));
                    }
                    plan = again;
                    // Rewritten files belong to the snapshot that was overtaken; the new rows stay good.
                    foreach (var files in staged.Skip(source.Upserts > 0 ? 1 : 0)) table.Discard(files);
                    if (staged.Count > 1 || source.Upserts == 0) staged.RemoveRange(Math.Min(staged.Count, source.Upserts > 0 ? 1 : 0), staged.Count - Math.Min(staged.Count, source.Upserts > 0 ? 1 : 0));
                }
            }
        }
        catch (Exception exception) when (exception is not CommitOutcomeUnknownException)
        {
            foreach (var files in staged) table.Discard(files);
            await DiscardVectorsAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task DiscardVectorsAsync()
    {
        foreach (var file in _vectorFiles)
        {
            try
            {
                await table.Store.DeleteAsync(file, CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The failure on its way says more; a file that no commit names is nobody's, and clean-up takes it.
            }
        }
        _vectorFiles.Clear();
    }

    private async Task<CommitResult> TryCommitAsync(MergeSource source, Snapshot? snapshot, WritePlan plan, List<StagedFiles> staged, CancellationToken cancellationToken)
    {
        if (snapshot is not null && (plan.Metadata.IsTrue(TableProperties.EnableChangeDataFeed) || plan.Metadata.IsTrue(TableProperties.EnableRowTracking))) throw new ChangesRecordedException();
        var transaction = snapshot is null ? table.Log.Create(plan.Metadata) : table.Log.Begin(snapshot);
        if (snapshot is not null && plan.ChangesMetadata) transaction.SetMetadata(plan.Metadata);
        if (options.Transaction is { } application) transaction.SetTransaction(application.AppId, application.Version);
        var metrics = new MergeMetrics { SourceRows = source.Rows, Upserts = source.Upserts };
        if (snapshot is not null)
        {
            if (_readsItself) transaction.ReadWholeTable();
            else transaction.MatchRows(file => new FilePruner(snapshot).MayMatch(file, source.KeyRange(snapshot.Schema)));
            await ReplaceOldRowsAsync(source, snapshot, transaction, plan, staged, metrics, cancellationToken).ConfigureAwait(false);
        }
        foreach (var file in staged.SelectMany(files => files.Files))
        {
            transaction.Add(file);
            metrics.FilesAdded++;
            metrics.BytesAdded += file.Size;
        }
        var parameters = Commits.Parameters(
            plan.Metadata,
            ("predicate", string.Join(" AND ", options.Keys.Select(key => $"(target.{key} = source.{key})"))),
            ("matchedPredicates", options.DeleteWhen is { } delete ? $"DELETE WHEN {delete}; UPDATE" : "UPDATE"),
            ("notMatchedPredicates", "INSERT"));
        return await transaction.CommitAsync(Commits.Describe(table, options, "MERGE", parameters, metrics.ToList()), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the rows out whose keys the source has.</summary>
    private async Task ReplaceOldRowsAsync(MergeSource source, Snapshot snapshot, DeltaTransaction transaction, WritePlan plan, List<StagedFiles> staged, MergeMetrics metrics, CancellationToken cancellationToken)
    {
        var candidates = new FilePruner(snapshot).Prune(source.KeyRange(snapshot.Schema));
        metrics.FilesScanned = candidates.Count;
        if (candidates.Count == 0 || source.Rows == 0) return;
        var slices = await table.SlicesAsync(candidates, cancellationToken).ConfigureAwait(false);
        var matches = await FindAsync(source, snapshot, slices, metrics, cancellationToken).ConfigureAwait(false);
        if (matches.Count == 0) return;

        var removal = new RowRemoval(table, connection, snapshot);
        var done = await removal.ApplyAsync(transaction, candidates, slices, matches, plan.Metadata.IsTrue(TableProperties.EnableDeletionVectors), cancellationToken).ConfigureAwait(false);
        _vectorFiles.AddRange(done.VectorFiles);
        if (done.Rewritten is { } rewritten) staged.Add(rewritten);
        metrics.FilesRemoved = done.FilesRemoved;
        metrics.VectorsAdded = done.VectorsAdded;
    }

    /// <summary>The positions, by candidate file, of rows whose key the source has.</summary>
    private async Task<Dictionary<int, RoaringBitmapArray>> FindAsync(MergeSource source, Snapshot snapshot, IReadOnlyList<FileSlice> slices, MergeMetrics metrics, CancellationToken cancellationToken)
    {
        var keys = options.Keys.Select(key => snapshot.Schema.Find(key)!).ToList();
        using var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false);
        long? selection = slices.Any(slice => slice.Rows is not null) ? table.Lake.Selections.Add([.. slices.Select(slice => slice.Rows)]) : null;
        try
        {
            var layout = new ColumnLayout(snapshot.Metadata);
            var ownSchema = await table.Lake.FileSchemas.FitAsync(connection, layout, slices, keys, local.PathOf, cancellationToken).ConfigureAwait(false);
            var target = ScanSql.Write(layout, slices, local.PathOf, selection, keys, positions: true, ownSchema: ownSchema);
            var sql = $"SELECT t.lake_file::BIGINT, t.lake_row, s.lake_number, s.lake_delete FROM ({target}) t JOIN (SELECT * FROM {source.Name} WHERE {ScanSql.Selective("lake_number")}) s ON {source.JoinCondition(keys)}";
            var found = new Dictionary<int, RoaringBitmapArray>();
            var matched = new HashSet<long>();
            using var result = source.Rows <= FewRows
                ? await connection.QueryAllAsync(sql, cancellationToken).ConfigureAwait(false)
                : await connection.QueryAsync(sql, cancellationToken).ConfigureAwait(false);
            while (result.NextChunk(cancellationToken))
            {
                var files = result.Column(0).Values<long>();
                var rows = result.Column(1).Values<long>();
                var numbers = result.Column(2).Values<long>();
                var deletes = result.Column(3).Values<bool>();
                for (var i = 0; i < files.Length; i++)
                {
                    if (!found.TryGetValue((int)files[i], out var bitmap)) found[(int)files[i]] = bitmap = new RoaringBitmapArray();
                    bitmap.Add((ulong)rows[i]);
                    matched.Add(numbers[i]);
                    if (deletes[i]) metrics.Deleted++;
                    else metrics.Updated++;
                }
            }
            metrics.MatchedKeys = matched.Count;
            return found;
        }
        catch (DuckDbException exception) when (exception.ErrorType != DuckDbErrorType.Interrupt)
        {
            throw table.Explain(exception, snapshot.Version, slices);
        }
        finally
        {
            if (selection is { } id) table.Lake.Selections.Release(id);
        }
    }

    private WritePlan Plan(MergeSource source, Snapshot? snapshot)
    {
        // Rows that stay keep their numbers, which this merge never reads.
        if (snapshot?.Schema.Fields.Any(field => IdentityColumn.Of(field) is not null) == true) throw new ChangesRecordedException();
        var plan = snapshot is null
            ? WritePlan.Create(table.ToString(), source.Columns, options)
            : WritePlan.Into(table.ToString(), snapshot, source.Columns, options);
        foreach (var key in options.Keys)
        {
            if (plan.Written.All(field => !field.Name.Equals(key, StringComparison.OrdinalIgnoreCase)))
                throw new SchemaNotAcceptedException($"Merge into {table}: the source has no key column '{key}'. It gives: {string.Join(", ", source.Columns.Select(column => column.Name))}.", table.ToString());
            if (snapshot is not null && snapshot.Schema.Find(key) is null)
                throw new SchemaNotAcceptedException($"Merge into {table}: the table has no key column '{key}'.", table.ToString());
        }
        return plan;
    }
}

/// <summary>The table records what changes, or numbers its rows, for which the old rows must be read. Never leaves the engine.</summary>
internal sealed class ChangesRecordedException : Exception;
