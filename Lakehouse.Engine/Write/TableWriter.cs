using System.Runtime.ExceptionServices;
using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Write;

/// <summary>Appends and overwrites: files first, then one commit that names them.</summary>
internal sealed class TableWriter(LakeTable table, DuckDbConnection connection, WriteOptions options)
{
    /// <summary>Each lost attempt means that another writer got its numbers.</summary>
    private const int NumberedAttempts = 200;

    public Task<CommitResult> WriteAsync(string selectSql, bool overwrite, CancellationToken cancellationToken) =>
        WriteAsync(_ => Task.FromResult(selectSql), overwrite, cancellationToken);

    /// <summary>Writes a query's rows. A query that reads the table itself (<see cref="WriteOptions.ReadsItself"/>) is asked for anew for each
    /// attempt, as it must read the version that the attempt is made on.</summary>
    /// <param name="selectAt">The query as it is on a version; null = there is no table yet.</param>
    /// <param name="overwrite">Whether its rows replace others.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CommitResult> WriteAsync(Func<Snapshot?, Task<string>> selectAt, bool overwrite, CancellationToken cancellationToken)
    {
        var snapshot = await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        // Whoever numbers rows, or reads those that are there, must not be overtaken by another who does: within a lake they take turns.
        var turns = overwrite || options.ReadsItself || snapshot?.Schema.Fields.Any(field => IdentityColumn.Of(field) is not null) == true;
        if (turns) await table.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                if (turns || attempt > 1) snapshot = await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
                if (Commits.Done(snapshot, options) is { } done) return done;
                if (options.MustCreate && snapshot is not null) throw new TableExistsException(table.ToString());
                var selectSql = await selectAt(snapshot).ConfigureAwait(false);
                var columns = await ParquetStager.ColumnsAsync(connection, selectSql, cancellationToken).ConfigureAwait(false);
                var plan = Plan(snapshot, columns, overwrite);
                var staged = await ParquetStager.WriteAsync(table, connection, selectSql, columns, plan, cancellationToken).ConfigureAwait(false);
                try
                {
                    return await CommitAsync(table, staged, options, snapshot, latest => Plan(latest, columns, overwrite), plan, overwrite, cancellationToken).ConfigureAwait(false);
                }
                catch (CommitConflictException) when (attempt < (staged.HighWaterMarks.Count > 0 ? NumberedAttempts : options.ReadsItself ? table.Lake.Options.MaxAttempts : 0))
                {
                    // Another writer may have given these rows' numbers, or changed what they come from: they are made anew, after a while
                    // in which others get done.
                    await Task.Delay(Random.Shared.Next(1, 10 * Math.Min(attempt, 20)), cancellationToken).ConfigureAwait(false);
                }
                catch (OutdatedFilesException outdated)
                {
                    // The table asks for other files now: once more, as it is.
                    if (attempt >= table.Lake.Options.MaxAttempts) ExceptionDispatchInfo.Throw(outdated.InnerException!);
                }
            }
        }
        finally
        {
            if (turns) table.Turn.Release();
        }
    }

    public static async Task<CommitResult> CommitStagedAsync(LakeTable table, StagedFiles staged, WriteOptions options, CancellationToken cancellationToken)
    {
        options = options with { PartitionBy = staged.PartitionBy };
        var columns = staged.Schema.Fields.Select(field => new DuckDbColumn(field.Name, DeltaTypes.ToDuckDb(field.Type))).ToList();
        WritePlan PlanFor(Snapshot? latest) => latest is null
            ? WritePlan.ForNew(table.ToString(), staged.Schema, options)
            : WritePlan.Into(table.ToString(), latest, columns, options);
        Snapshot? snapshot;
        WritePlan plan;
        try
        {
            snapshot = await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
            if (Commits.Done(snapshot, options) is { } done)
            {
                table.Discard(staged);
                return done;
            }
            plan = PlanFor(snapshot);
            RefuseNumbered(table, plan);
            if (snapshot is not null && !plan.Takes(staged)) throw Outdated();
        }
        catch
        {
            table.Discard(staged);
            throw;
        }
        try
        {
            return await CommitAsync(table, staged, options, snapshot, PlanFor, plan, overwrite: false, cancellationToken).ConfigureAwait(false);
        }
        catch (OutdatedFilesException outdated)
        {
            // What came first says more.
            ExceptionDispatchInfo.Throw(outdated.InnerException!);
            throw;
        }

        SchemaNotAcceptedException Outdated() => new(
            $"Table {table} has other columns, names of columns in files, or rules than when these files were staged. They are deleted; stage the rows again.", table.ToString());
    }

    private WritePlan Plan(Snapshot? snapshot, IReadOnlyList<DuckDbColumn> columns, bool overwrite)
    {
        if (snapshot is null) return WritePlan.Create(table.ToString(), columns, options);
        RefuseGiven(table, snapshot, columns.Select(column => column.Name));
        return WritePlan.Into(table.ToString(), snapshot, columns, options, overwrite);
    }

    /// <summary>Throws where rows bring their own values for a column that gives them itself.</summary>
    /// <exception cref="SchemaNotAcceptedException">They do.</exception>
    public static void RefuseGiven(LakeTable table, Snapshot snapshot, IEnumerable<string> columns)
    {
        foreach (var column in columns)
            if (snapshot.Schema.Find(column) is { } field && IdentityColumn.Of(field) is { AllowsExplicit: false })
                throw new SchemaNotAcceptedException($"Table {table}: column '{field.Name}' is GENERATED ALWAYS AS IDENTITY, so that no row can bring a value for it. Leave the column out of the query.", table.ToString());
    }

    /// <summary>Throws where rows would be numbered before it is known which numbers are left when they are committed.</summary>
    /// <exception cref="TableNotUsableException">They would.</exception>
    public static void RefuseNumbered(LakeTable table, WritePlan plan)
    {
        if (plan.Numbered.FirstOrDefault() is { } field)
            throw new TableNotUsableException($"Table {table}: rows for identity column '{field.Name}' cannot be staged, as their numbers depend on the commit. Append them in one step.", table.ToString());
    }

    /// <summary>Commits staged files; when another writer changed the table in a way that matters, once more on the newer version.</summary>
    private static async Task<CommitResult> CommitAsync(
        LakeTable table, StagedFiles staged, WriteOptions options, Snapshot? snapshot, Func<Snapshot?, WritePlan> replan, WritePlan plan, bool overwrite, CancellationToken cancellationToken)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return table.Learn(await TryCommitAsync(table, staged, options, snapshot, plan, overwrite, cancellationToken).ConfigureAwait(false));
                }
                catch (DeltaException exception) when (staged.HighWaterMarks.Count == 0 && !options.ReadsItself && !options.MustCreate && exception is CommitConflictException or TableExistsException && attempt < table.Lake.Options.MaxAttempts)
                {
                    snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
                    if (Commits.Done(snapshot, options) is { } done)
                    {
                        table.Discard(staged);
                        return done;
                    }
                    if (options.Marks.Any(mark => snapshot.TransactionVersion(mark) is not null)) throw;
                    var again = replan(snapshot);
                    // The files are of the types, names and rules that were planned: if the table has others now, they do not fit any more.
                    if (!DeltaTypes.SameShape(new StructType(again.Written), new StructType(plan.Written)) || !again.Metadata.PartitionColumns.SequenceEqual(plan.Metadata.PartitionColumns) || !again.Takes(staged) || exception.TookFilesAway())
                        throw new OutdatedFilesException(exception);
                    plan = again;
                }
            }
        }
        catch (Exception exception) when (exception is not CommitOutcomeUnknownException)
        {
            // Where nobody can tell whether the commit stands, its files must stay.
            table.Discard(staged);
            throw;
        }
    }

    private static Task<CommitResult> TryCommitAsync(LakeTable table, StagedFiles staged, WriteOptions options, Snapshot? snapshot, WritePlan plan, bool overwrite, CancellationToken cancellationToken)
    {
        var transaction = snapshot is null ? table.Log.Create(plan.Metadata) : table.Log.Begin(snapshot);
        if (staged.HighWaterMarks.Count > 0) transaction.SetMetadata(plan.Metadata.WithSchema(IdentityColumn.Advance(plan.Metadata.Schema, staged.HighWaterMarks)));
        else if (snapshot is not null && plan.ChangesMetadata) transaction.SetMetadata(plan.Metadata);
        if (options.Transaction is { } application) transaction.SetTransaction(application.AppId, application.Version);
        foreach (var mark in options.Marks)
        {
            if (snapshot?.TransactionVersion(mark) is not null)
                throw new CommitConflictException(table.ToString(), CommitConflict.SameTransaction, snapshot.Version, snapshot.CommitInfo?.Operation, $"Another commit left the mark '{mark}'.");
            transaction.SetTransaction(mark, 1);
        }
        if (snapshot is not null && (overwrite || options.ReadsItself)) transaction.ReadWholeTable();
        if (overwrite && snapshot is not null)
        {
            foreach (var file in Replaced(snapshot, staged, options)) transaction.Remove(file);
        }
        foreach (var file in staged.Files) transaction.Add(file);
        var metrics = new List<(string, long)> { ("numFiles", staged.Files.Count), ("numOutputRows", staged.Rows), ("numOutputBytes", staged.Bytes) };
        if (overwrite && snapshot is not null) metrics.Add(("numRemovedFiles", Replaced(snapshot, staged, options).Count()));
        var parameters = Commits.Parameters(plan.Metadata, ("mode", overwrite ? "Overwrite" : "Append"));
        return transaction.CommitAsync(Commits.Describe(table, options, "WRITE", parameters, metrics), cancellationToken);
    }

    /// <summary>The files that an overwrite takes out: all, or those of the partitions that it writes.</summary>
    private static IEnumerable<AddFile> Replaced(Snapshot snapshot, StagedFiles staged, WriteOptions options)
    {
        if (!options.OverwritePartitions) return snapshot.Files;
        var written = staged.Files.Select(Partition).ToHashSet(StringComparer.Ordinal);
        return snapshot.Files.Where(file => written.Contains(Partition(file)));

        static string Partition(AddFile file) =>
            string.Join('\u0001', file.PartitionValues.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => string.IsNullOrEmpty(value.Value) ? value.Key : $"{value.Key}={value.Value}"));
    }
}

/// <summary>Another commit changed the table so that files written before do not fit it. Never leaves the engine.</summary>
internal sealed class OutdatedFilesException(Exception conflict) : Exception(conflict.Message, conflict);
