using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Dml;

/// <summary>
/// Runs a statement about a table's rows: works out in one query which rows go and which come, takes the old ones out, writes the
/// new ones, and where the table asks for it records what changed; all in one commit, made anew on the newer version when another
/// writer comes first.
/// </summary>
internal sealed class TableDml(LakeTable table, DuckDbConnection connection, WriteOptions options)
{
    public async Task<CommitResult> RunAsync(RowStatement statement, CancellationToken cancellationToken)
    {
        await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await PreparedAsync(statement, () => RetryAsync(snapshot => TryRunAsync(statement, snapshot, cancellationToken), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            table.Turn.Release();
        }
    }

    /// <summary>Runs a statement that reads the table which it changes: made anew for each attempt, as it must read the version that the attempt
    /// is made on.</summary>
    /// <param name="statementAt">The statement as it is on a version.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CommitResult> RunAsync(Func<Snapshot, Task<RowStatement>> statementAt, CancellationToken cancellationToken)
    {
        await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await RetryAsync(TryAnewAsync, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            table.Turn.Release();
        }

        async Task<CommitResult> TryAnewAsync(Snapshot snapshot)
        {
            var statement = await statementAt(snapshot).ConfigureAwait(false);
            return await PreparedAsync(statement, () => TryRunAsync(statement, snapshot, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<CommitResult> PreparedAsync(RowStatement statement, Func<Task<CommitResult>> run, CancellationToken cancellationToken)
    {
        try
        {
            await statement.PrepareAsync(table, connection, cancellationToken).ConfigureAwait(false);
            return await run().ConfigureAwait(false);
        }
        finally
        {
            await statement.CleanUpAsync(connection).ConfigureAwait(false);
        }
    }

    private async Task<CommitResult> RetryAsync(Func<Snapshot, Task<CommitResult>> run, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
            if (Commits.Done(snapshot, options) is { } done) return done;
            try
            {
                return await run(snapshot).ConfigureAwait(false);
            }
            catch (CommitConflictException) when (attempt < table.Lake.Options.MaxAttempts)
            {
                // Once more, on what the winner left.
            }
        }
    }

    private async Task<CommitResult> TryRunAsync(RowStatement statement, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var metadata = MetadataFor(statement, snapshot);
        var wanted = await statement.FilesAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        var pruner = new FilePruner(snapshot);
        var files = pruner.Prune(wanted);
        var slices = await table.SlicesAsync(files, cancellationToken).ConfigureAwait(false);
        using var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false);
        long? selection = slices.Any(slice => slice.Rows is not null) ? table.Lake.Selections.Add([.. slices.Select(slice => slice.Rows)]) : null;
        var changes = "temp.main." + table.Lake.NextName("lake_changes_");
        try
        {
            var rowIds = statement.Writes ? RowIdentity.Of(snapshot.Metadata, table.ToString()) : null;
            var target = ScanSql.Write(new ColumnLayout(snapshot.Metadata), slices, local.PathOf, selection, positions: true, identity: rowIds);
            var fields = metadata.Schema.Fields.Where(field => field.Type != PrimitiveType.Void && RowRules.Generated(field) is null).ToList();
            var input = new RowStatementInput(target, snapshot.Schema, fields, metadata.IsTrue(TableProperties.EnableChangeDataFeed), rowIds);
            try
            {
                await connection.ExecuteAsync($"CREATE TEMP TABLE {changes} AS {statement.ToSql(input)}", cancellationToken).ConfigureAwait(false);
            }
            catch (DuckDbException exception) when (exception.ErrorType == DuckDbErrorType.IO)
            {
                throw table.Explain(exception, snapshot.Version, slices);
            }
            await statement.CheckAsync(table, connection, changes, input, cancellationToken).ConfigureAwait(false);
            using var identity = table.Lake.Identities.Begin(statement.Writes ? fields.Where(field => IdentityColumn.Of(field) is not null) : []);
            if (identity.FillSql(changes, "lake_action = 'i'", fields.Select((field, i) => (field, $"new_{i}"))) is { } fill)
                await connection.ExecuteAsync(fill, cancellationToken).ConfigureAwait(false);
            var transaction = table.Log.Begin(snapshot);
            if (await IsAboutRowsAloneAsync(statement, cancellationToken).ConfigureAwait(false)) transaction.MatchRows(file => pruner.MayMatch(file, wanted), statement.DependsOnAbsence);
            else transaction.ReadWholeTable();
            return await CommitAsync(statement, transaction, snapshot, metadata, files, slices, changes, input, identity.HighWaterMarks, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await connection.ExecuteAsync($"DROP TABLE IF EXISTS {changes}", CancellationToken.None).ConfigureAwait(false);
            if (selection is { } id) table.Lake.Selections.Release(id);
        }
    }

    private async Task<CommitResult> CommitAsync(
        RowStatement statement, DeltaTransaction transaction, Snapshot snapshot, Metadata metadata, IReadOnlyList<AddFile> files, IReadOnlyList<FileSlice> slices, string changes, RowStatementInput input, IReadOnlyDictionary<string, long> highWaterMarks, CancellationToken cancellationToken)
    {
        var counts = await CountAsync(changes, cancellationToken).ConfigureAwait(false);
        if (counts.Total == 0 && options.Transaction is null) return new CommitResult(snapshot.Version, 0, snapshot);
        var columns = input.Fields.Select(field => new DuckDbColumn(field.Name, DeltaTypes.ToDuckDb(field.Type))).ToList();
        var plan = WritePlan.Into(table.ToString(), snapshot, columns, options with { PartitionBy = [] });
        if (highWaterMarks.Count > 0) transaction.SetMetadata(plan.Metadata.WithSchema(IdentityColumn.Advance(plan.Metadata.Schema, highWaterMarks)));
        else if (plan.ChangesMetadata) transaction.SetMetadata(plan.Metadata);
        if (options.Transaction is { } application) transaction.SetTransaction(application.AppId, application.Version);
        var staged = new List<StagedFiles>();
        var vectors = new List<string>();
        try
        {
            if (counts.Updated + counts.Inserted > 0)
                staged.Add(await ParquetStager.WriteAsync(table, connection, $"SELECT {New(input)} FROM {changes} WHERE lake_action <> 'd'", columns, plan.Keeping(input.Identity), cancellationToken).ConfigureAwait(false));
            var removal = await new RowRemoval(table, connection, snapshot).ApplyAsync(
                transaction, files, slices, await PositionsAsync(changes, cancellationToken).ConfigureAwait(false), metadata.IsTrue(TableProperties.EnableDeletionVectors), cancellationToken).ConfigureAwait(false);
            vectors.AddRange(removal.VectorFiles);
            if (removal.Rewritten is { } rewritten) staged.Add(rewritten);
            foreach (var file in staged.SelectMany(stage => stage.Files)) transaction.Add(file);
            if (input.WantsOld && counts.Deleted + counts.Updated > 0)
            {
                var recorded = await ChangeRows.StageAsync(table, connection, changes, input, statement.Writes, plan, cancellationToken).ConfigureAwait(false);
                staged.Add(recorded);
                foreach (var file in recorded.Files) transaction.AddChangeFile(new AddCdcFile { Path = file.Path, PartitionValues = file.PartitionValues, Size = file.Size });
            }
            var metrics = statement.Metrics(counts).Concat([("numRemovedFiles", removal.FilesRemoved), ("numDeletionVectorsAdded", removal.VectorsAdded), ("numAddedFiles", staged.Sum(stage => (long)stage.Files.Count))]);
            var info = Commits.Describe(table, options, statement.Operation, Commits.Parameters(plan.Metadata, statement.Parameters), metrics);
            return table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is not CommitOutcomeUnknownException)
        {
            foreach (var stage in staged) table.Discard(stage);
            table.Discard(vectors);
            throw;
        }
    }

    /// <summary>Whether what becomes of a row hangs on that row and on what the statement brings: then other writers' changes of other rows do not touch it.</summary>
    private async Task<bool> IsAboutRowsAloneAsync(RowStatement statement, CancellationToken cancellationToken) =>
        !options.ReadsItself && (statement.Source is not { } source || !RowCondition.MayName(table, source))
        && await RowCondition.HangOnRowAloneAsync(connection, statement.Expressions, cancellationToken).ConfigureAwait(false);

    /// <summary>The table's metadata after the statement: that of the snapshot, but where the options let its schema take in the source's columns.</summary>
    private Metadata MetadataFor(RowStatement statement, Snapshot snapshot)
    {
        if (!options.MergeSchema || statement.NewColumns is not { Count: > 0 } columns) return snapshot.Metadata;
        return WritePlan.Into(table.ToString(), snapshot, columns, options with { PartitionBy = [] }).Metadata;
    }

    private async Task<RowCounts> CountAsync(string changes, CancellationToken cancellationToken)
    {
        using var result = await connection.QueryAsync($"SELECT count(*) FILTER (lake_action = 'd'), count(*) FILTER (lake_action = 'u'), count(*) FILTER (lake_action = 'i') FROM {changes}", cancellationToken).ConfigureAwait(false);
        result.NextChunk(cancellationToken);
        return new RowCounts(result.Column(0).Values<long>()[0], result.Column(1).Values<long>()[0], result.Column(2).Values<long>()[0]);
    }

    private async Task<Dictionary<int, RoaringBitmapArray>> PositionsAsync(string changes, CancellationToken cancellationToken)
    {
        var found = new Dictionary<int, RoaringBitmapArray>();
        using var result = await connection.QueryAsync($"SELECT lake_file, lake_row FROM {changes} WHERE lake_file IS NOT NULL", cancellationToken).ConfigureAwait(false);
        while (result.NextChunk(cancellationToken))
        {
            var files = result.Column(0).Values<long>();
            var rows = result.Column(1).Values<long>();
            for (var i = 0; i < files.Length; i++)
            {
                if (!found.TryGetValue((int)files[i], out var bitmap)) found[(int)files[i]] = bitmap = new RoaringBitmapArray();
                bitmap.Add((ulong)rows[i]);
            }
        }
        return found;
    }

    private static string New(RowStatementInput input)
    {
        var values = input.Fields.Select((field, i) => $"new_{i} AS {SqlText.Name(field.Name)}");
        // A row that is updated keeps its id; its version is that of this commit, as the file's is.
        if (input.Identity is { } identity)
            values = values.Append($"CASE WHEN lake_action = 'u' THEN {RowStatementInput.RowId} END AS {SqlText.Name(identity.Id)}").Append($"CAST(NULL AS BIGINT) AS {SqlText.Name(identity.Version)}");
        return string.Join(", ", values);
    }
}
