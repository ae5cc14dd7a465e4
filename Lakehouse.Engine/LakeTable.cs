using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Alter;
using Lakehouse.Engine.Conversion;
using Lakehouse.Engine.Dml;
using Lakehouse.Engine.Merge;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Upkeep;
using Lakehouse.Engine.Write;
using Lakehouse.Storage;

namespace Lakehouse.Engine;

/// <summary>A Delta table: its versions, and the writes that make new ones. It may not exist yet. Safe for use from several threads,
/// each with its own connection.</summary>
/// <remarks>Every write is one commit or none: when it fails, what it wrote is deleted. Merges and overwrites of one table take turns
/// within a lake; against other processes they re-run on the newer version, a bounded number of times.</remarks>
public sealed class LakeTable
{
    private readonly string _display;
    private readonly AutoCompaction _autoCompaction;
    private volatile Snapshot? _latest;

    /// <param name="lake">The lake.</param>
    /// <param name="display">What messages call the table.</param>
    /// <param name="name">Its name in the lake.</param>
    /// <param name="store">Where it is.</param>
    /// <param name="path">Its path below the store.</param>
    /// <param name="location">The store's address as Iceberg clients know it.</param>
    /// <param name="neighbours">Where files of other buckets are found.</param>
    internal LakeTable(Lake lake, string display, TableName? name, IObjectStore store, string path, string location, NeighbourBuckets neighbours)
    {
        Lake = lake;
        _display = display;
        Name = name ?? default;
        Store = store;
        IsRemote = !store.TryGetLocalPath("x", out _);
        Log = new DeltaLog(store, path, lake.Checkpoints, new DeltaLogOptions
        {
            CheckpointFailed = lake.Options.CheckpointFailed,
            Iceberg = new IcebergOptions { Parquet = lake.IcebergParquet, Location = location, Failed = lake.Options.IcebergFailed },
        });
        Neighbours = neighbours;
        DeletionVectors = new DeletionVectorStore(store, path, neighbours);
        _autoCompaction = new AutoCompaction(this);
    }

    /// <summary>The table's name in its lake; the default for a folder outside.</summary>
    public TableName Name { get; }

    /// <summary>The table's log.</summary>
    public DeltaLog Log { get; }

    /// <summary>The lake that this handle belongs to.</summary>
    public Lake Lake { get; }

    internal string Id => Store.Name + "|" + Log.TablePath;

    internal IObjectStore Store { get; }

    internal DeletionVectorStore DeletionVectors { get; }

    /// <summary>Where files are that the log names in other buckets, or elsewhere in its own.</summary>
    internal NeighbourBuckets Neighbours { get; }

    internal SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The table's folder on disk.</summary>
    internal string LocalFolder => Path.GetDirectoryName(LocalPath("x"))!;

    /// <summary>Whether the table is in a bucket, so that its files must be fetched to be read.</summary>
    internal bool IsRemote { get; }

    /// <summary>The newest version; null when there is no table. Reads only what is new since the last call.</summary>
    public async Task<Snapshot?> TrySnapshotAsync(CancellationToken cancellationToken = default)
    {
        var known = _latest;
        Snapshot? latest;
        try
        {
            latest = known is null
                ? await Log.TryLoadAsync(null, cancellationToken).ConfigureAwait(false)
                : await Log.RefreshAsync(known, cancellationToken).ConfigureAwait(false);
        }
        catch (TableNotFoundException) when (known is not null)
        {
            // Deleted, or moved aside, since it was known.
            _latest = null;
            return null;
        }
        if (latest is not null) Learn(latest);
        return latest;
    }

    /// <summary>A version, or the newest.</summary>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version, or no longer.</exception>
    public async Task<Snapshot> SnapshotAsync(long? version = null, CancellationToken cancellationToken = default)
    {
        if (version is { } wanted)
        {
            var known = _latest;
            return known?.Version == wanted && await Log.HoldsAsync(known, cancellationToken).ConfigureAwait(false) ? known : await Log.LoadAsync(wanted, cancellationToken).ConfigureAwait(false);
        }
        return await TrySnapshotAsync(cancellationToken).ConfigureAwait(false) ?? await Log.LoadAsync(null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest version at a time.</summary>
    /// <exception cref="VersionNotFoundException">The table has no version as old as that.</exception>
    public Task<Snapshot> SnapshotAtAsync(DateTimeOffset time, CancellationToken cancellationToken = default) => Log.LoadAtAsync(time, cancellationToken);

    /// <summary>Creates the table without rows.</summary>
    /// <exception cref="TableExistsException">It exists.</exception>
    public async Task<CommitResult> CreateAsync(StructType schema, IReadOnlyList<string>? partitionBy = null, IReadOnlyDictionary<string, string>? properties = null, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new WriteOptions();
        var plan = WritePlan.ForNew(_display, schema, partitionBy ?? options.PartitionBy, properties ?? options.Properties);
        var transaction = Log.Create(plan.Metadata);
        if (options.Transaction is { } application) transaction.SetTransaction(application.AppId, application.Version);
        return Learn(await transaction.CommitAsync(Commits.Describe(this, options, "CREATE TABLE", Commits.Parameters(plan.Metadata), []), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds a query's rows; the table is created from the query's columns when it is absent.</summary>
    /// <exception cref="SchemaMismatchException">The columns do not fit the table.</exception>
    public Task<CommitResult> AppendAsync(DuckDbConnection connection, string selectSql, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        new TableWriter(this, connection, options ?? new WriteOptions()).WriteAsync(selectSql, overwrite: false, cancellationToken);

    /// <summary>Replaces rows by a query's: all, or those that the options name. The table is created when it is absent.</summary>
    /// <exception cref="RuleBrokenException">A row of the query breaks a rule of the table, or is none of those to replace.</exception>
    public async Task<CommitResult> OverwriteAsync(DuckDbConnection connection, string selectSql, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new WriteOptions();
        if (options.ReplaceWhere is not { } where) return await new TableWriter(this, connection, options).WriteAsync(selectSql, overwrite: true, cancellationToken).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            if (await TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is not null)
                return await new TableDml(this, connection, options).RunAsync(new ReplaceStatement(selectSql, where), cancellationToken).ConfigureAwait(false);
            try
            {
                return await new TableWriter(this, connection, options with { MustCreate = true }).WriteAsync(selectSql, overwrite: false, cancellationToken).ConfigureAwait(false);
            }
            catch (TableExistsException) when (attempt < Lake.Options.MaxAttempts)
            {
                // Another made it meanwhile: of its rows only those go that are to be replaced.
            }
        }
    }

    /// <summary>Deletes the rows for which a boolean SQL expression over the table's columns holds. Nothing is committed when there are none.</summary>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    /// <exception cref="DuckDbException">The expression is wrong.</exception>
    public Task<CommitResult> DeleteAsync(DuckDbConnection connection, string where, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        new TableDml(this, connection, options ?? new WriteOptions()).RunAsync(new DeleteStatement(where), cancellationToken);

    /// <summary>Gives rows other values: SQL expressions by column, all of which see the row as it was.</summary>
    /// <param name="connection">Where the work is done.</param>
    /// <param name="assignments">The new values by column.</param>
    /// <param name="where">A boolean SQL expression over the table's columns; null = all rows.</param>
    /// <param name="options">How the write is made.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RuleBrokenException">A row would break a rule of the table.</exception>
    public Task<CommitResult> UpdateAsync(DuckDbConnection connection, IReadOnlyDictionary<string, string> assignments, string? where = null, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        new TableDml(this, connection, options ?? new WriteOptions()).RunAsync(new UpdateStatement(assignments, where), cancellationToken);

    /// <summary>Merges with any condition and several clauses. The table must be there.</summary>
    /// <exception cref="TableNotUsableException">Several rows of the source would change one row.</exception>
    public Task<CommitResult> MergeAsync(DuckDbConnection connection, MergeStatement merge, CancellationToken cancellationToken = default) =>
        new TableDml(this, connection, merge).RunAsync(new MergeRowStatement(merge, []), cancellationToken);

    /// <summary>Takes all rows out, without reading one.</summary>
    public Task<CommitResult> TruncateAsync(WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        new TableTruncate(this, options ?? new WriteOptions()).RunAsync(cancellationToken);

    /// <summary>Merges a query's rows by key: a row with a key that the table has replaces it, or deletes it where
    /// <see cref="MergeOptions.DeleteWhen"/> holds; other rows are inserted. The table is created when it is absent.</summary>
    /// <exception cref="DuplicateKeyException">The query gives a key more than once.</exception>
    public async Task<CommitResult> MergeAsync(DuckDbConnection connection, string sourceSql, MergeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        // A table that records its changes needs the old rows too, which the merge by keys never reads. What is known of the table
        // mostly tells, without asking the store once more; the merge itself finds out when it does not.
        if (_latest is not { } known || !known.Metadata.IsTrue(TableProperties.EnableChangeDataFeed))
        {
            try
            {
                return await new TableMerge(this, connection, options).RunAsync(sourceSql, cancellationToken).ConfigureAwait(false);
            }
            catch (ChangesRecordedException)
            {
                // Nothing was committed: once more, with the old rows.
            }
        }
        return await new KeyedMerge(this, connection, options).RunAsync(sourceSql, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rewrites small files into few, files with many deleted rows without them, and where the options or the table ask for it,
    /// rows into an order by which conditions skip files. Rows, and what reads their changes, stay as they are. It commits in batches:
    /// what ends it half-way costs only the batch at hand.</summary>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    /// <exception cref="SchemaNotAcceptedException">A column to order by cannot be, or the condition is not about partitions.</exception>
    public Task<OptimizeResult> OptimizeAsync(DuckDbConnection connection, OptimizeOptions? options = null, CancellationToken cancellationToken = default) =>
        new TableOptimize(this, connection, options ?? new OptimizeOptions()).RunAsync(cancellationToken);

    /// <summary>Returns when no compaction that a commit through this handle brought about (<c>delta.autoOptimize.autoCompact</c>) is at
    /// work any more.</summary>
    public Task CompactedAsync() => _autoCompaction.DoneAsync();

    /// <summary>Rewrites every file that has deleted rows without them (Spark's <c>REORG TABLE … APPLY (PURGE)</c>); a vacuum then deletes
    /// the old files once nobody needs them.</summary>
    /// <param name="connection">Where the work is done.</param>
    /// <param name="where">A boolean SQL expression over partition columns; null = all partitions.</param>
    /// <param name="cancellationToken">Gives up; what is committed stays.</param>
    public Task<OptimizeResult> PurgeAsync(DuckDbConnection connection, string? where = null, CancellationToken cancellationToken = default) =>
        new TableOptimize(this, connection, new OptimizeOptions { Where = where }, purge: true).RunAsync(cancellationToken);

    /// <summary>Has the table's rows placed by columns from now on, or by paths of nested fields (Spark's <c>ALTER TABLE … CLUSTER BY</c>); none takes
    /// it back. Rows that are there come into that order with the next optimize.</summary>
    /// <exception cref="SchemaNotAcceptedException">A column cannot be ordered by, or the table is partitioned.</exception>
    public Task<CommitResult> ClusterByAsync(IReadOnlyList<string> columns, CancellationToken cancellationToken = default) =>
        new TableAlter(this).ClusterByAsync(columns, cancellationToken);

    /// <summary>Deletes the files below the table that no version of the retention window names.</summary>
    /// <exception cref="TableNotUsableException">The retention is shorter than the table's, and the options do not insist.</exception>
    public Task<VacuumResult> VacuumAsync(VacuumOptions? options = null, CancellationToken cancellationToken = default) =>
        new TableVacuum(this, options ?? new VacuumOptions()).RunAsync(cancellationToken);

    /// <summary>Makes the table what it was at an earlier version, by a commit of its own.</summary>
    /// <exception cref="VersionNotFoundException">There is no such version, or no longer.</exception>
    /// <exception cref="DataFileMissingException">A file of that version is gone.</exception>
    public Task<CommitResult> RestoreAsync(long version, CancellationToken cancellationToken = default) =>
        new TableRestore(this).RunAsync(version, cancellationToken);

    /// <summary>Makes this table a copy of another at one of its versions. It must not exist.</summary>
    /// <param name="source">The table to copy.</param>
    /// <param name="version">Its version; null = the newest.</param>
    /// <param name="deep">True copies the files. False names those of the source, which must then stay: vacuuming the source breaks the clone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TableExistsException">The table exists.</exception>
    public Task<CommitResult> CloneAsync(LakeTable source, long? version = null, bool deep = false, CancellationToken cancellationToken = default) =>
        new TableClone(this, source).RunAsync(version, deep, cancellationToken);

    /// <summary>Makes a folder of Parquet files this table, in place: they stay as they are, and a log names them. Nobody may be writing to the
    /// folder meanwhile.</summary>
    /// <exception cref="TableExistsException">It is a Delta table already.</exception>
    /// <exception cref="TableNotUsableException">It holds other files, or none; a file cannot be read; or its folders are not those of the partition columns.</exception>
    /// <exception cref="SchemaNotAcceptedException">Two files have a column of different types, or a type has no place in a Delta table.</exception>
    public Task<ConvertResult> ConvertAsync(DuckDbConnection connection, ConvertOptions? options = null, CancellationToken cancellationToken = default) =>
        new TableConvert(this, connection, options ?? new ConvertOptions()).RunAsync(cancellationToken);

    /// <summary>Sets table properties; null takes one away. <c>delta.feature.NAME</c> = <c>supported</c> adds a feature to the protocol;
    /// features that a property needs come by themselves.</summary>
    /// <exception cref="UnsupportedFeatureException">A feature cannot be written here.</exception>
    public Task<CommitResult> SetPropertiesAsync(IReadOnlyDictionary<string, string?> properties, CancellationToken cancellationToken = default) =>
        new TableAlter(this).SetPropertiesAsync(properties, cancellationToken);

    /// <summary>Renames a column, or a field of nested structs by its path with points. Files stay as they are.</summary>
    /// <exception cref="SchemaNotAcceptedException">There is no such column, the new name is taken, or columns are not mapped.</exception>
    public Task<CommitResult> RenameColumnAsync(string path, string newName, CancellationToken cancellationToken = default) =>
        new TableAlter(this).RenameAsync(path, newName, cancellationToken);

    /// <summary>Drops a column, or a field of nested structs by its path with points. Files stay as they are.</summary>
    /// <exception cref="SchemaNotAcceptedException">There is no such column, it is needed, or columns are not mapped.</exception>
    public Task<CommitResult> DropColumnAsync(string path, CancellationToken cancellationToken = default) =>
        new TableAlter(this).DropAsync(path, cancellationToken);

    /// <summary>Gives a column, or a field of nested structs by its path with points, a wider type. Files stay as they are, and are cast when read.</summary>
    /// <exception cref="SchemaNotAcceptedException">There is no such column, it partitions the table, or the one type cannot become the other without loss.</exception>
    public Task<CommitResult> ChangeColumnTypeAsync(string path, DeltaType type, CancellationToken cancellationToken = default) =>
        new TableAlter(this).ChangeTypeAsync(path, type, cancellationToken);

    /// <summary>Takes a feature out of the table's protocol (Spark's <c>ALTER TABLE … DROP FEATURE</c>), so that programs without it may use the
    /// table. What uses it goes first: deletion vectors are purged, say, or files of mapped columns written anew.</summary>
    /// <param name="connection">Where the work is done.</param>
    /// <param name="feature">The feature's name, such as <c>deletionVectors</c>.</param>
    /// <param name="truncateHistory">What becomes of older versions that need a reader feature. False keeps them behind a protected
    /// checkpoint, with the feature <c>checkpointProtection</c>. True deletes what is old enough, and refuses while other such versions are left.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TableNotUsableException">The table does not have the feature, needs it, or has younger history that does.</exception>
    public Task<CommitResult> DropFeatureAsync(DuckDbConnection connection, string feature, bool truncateHistory = false, CancellationToken cancellationToken = default) =>
        new FeatureDrop(this, connection).RunAsync(feature, truncateHistory, cancellationToken);

    /// <summary>Adds columns at the end; they are null in the rows that are there.</summary>
    /// <exception cref="SchemaMismatchException">A column is there already, with another type.</exception>
    public Task<CommitResult> AddColumnsAsync(StructType columns, CancellationToken cancellationToken = default) =>
        new TableAlter(this).AddColumnsAsync(columns, cancellationToken);

    /// <summary>Adds a CHECK constraint: every row, those that are there too, must satisfy it.</summary>
    /// <exception cref="RuleBrokenException">A row that is there does not.</exception>
    public Task<CommitResult> AddConstraintAsync(DuckDbConnection connection, string name, string expression, CancellationToken cancellationToken = default) =>
        new TableAlter(this).AddConstraintAsync(connection, name, expression, cancellationToken);

    /// <summary>Writes a query's rows as data files and commits nothing. Several stagings can go into one commit.</summary>
    public async Task<StagedFiles> StageAsync(DuckDbConnection connection, string selectSql, IReadOnlyList<string>? partitionBy = null, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = (options ?? new WriteOptions()) with { PartitionBy = partitionBy ?? options?.PartitionBy ?? [] };
        var columns = await ParquetStager.ColumnsAsync(connection, selectSql, cancellationToken).ConfigureAwait(false);
        var snapshot = await TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        var plan = snapshot is null ? WritePlan.Create(_display, columns, options) : WritePlan.Into(_display, snapshot, columns, options);
        TableWriter.RefuseNumbered(this, plan);
        return await ParquetStager.WriteAsync(this, connection, selectSql, columns, plan, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds staged files to the table, in one commit; the table is created when it is absent. When it fails for good the
    /// files are deleted.</summary>
    public Task<CommitResult> CommitAsync(StagedFiles files, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        TableWriter.CommitStagedAsync(this, files, options ?? new WriteOptions(), cancellationToken);

    /// <summary>Deletes staged files that will not be committed. A file that cannot be deleted stays: no version names it, and the
    /// failure that led here is the one to hear of.</summary>
    public void Discard(StagedFiles files)
    {
        if (IsRemote)
        {
            Discard([.. files.Files.Select(file => KeyOf(file.Path))]);
            return;
        }
        foreach (var file in files.Files)
        {
            try
            {
                File.Delete(LocalPath(file.Path));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // As said: nothing reads it.
            }
        }
    }

    /// <summary>Deletes objects of a bucket that no version names; what cannot be deleted stays for a clean-up to find.</summary>
    internal void Discard(IReadOnlyCollection<string> keys)
    {
        try
        {
            // Waited for, on the way out of a failed write: its caller hears of the failure when nothing of it is left.
            Task.Run(() => Store.DeleteAsync(keys, CancellationToken.None)).GetAwaiter().GetResult();
        }
        catch (IOException)
        {
            // As said.
        }
    }

    /// <summary>Makes the newest version readable by Iceberg clients now. For a table that asks for it by
    /// <see cref="TableProperties.UniversalFormats"/> every commit does so in the background.</summary>
    /// <exception cref="TableNotFoundException">There is no table.</exception>
    /// <exception cref="IcebergMappingException">The table has something that Iceberg lacks.</exception>
    public async Task<IcebergState> WriteIcebergAsync(CancellationToken cancellationToken = default) =>
        await Log.WriteIcebergAsync(await SnapshotAsync(null, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>The table's versions, newest first.</summary>
    public IAsyncEnumerable<CommitRecord> HistoryAsync(int? limit = null, CancellationToken cancellationToken = default) => Log.HistoryAsync(limit, cancellationToken);

    /// <summary>The table's name, or its folder.</summary>
    public override string ToString() => _display;

    /// <summary>The object's key of a path in the log.</summary>
    internal string KeyOf(string logPath) => DataPath.Resolve(Log.TablePath, logPath).Key
        ?? throw new EngineException($"Table {_display}: file {logPath} lies outside the table.", _display, path: logPath);

    /// <summary>The store and the key of a file that the log names; null for one on this machine's disk outside of the store.</summary>
    internal (IObjectStore Store, string Key)? TryFind(string logPath)
    {
        var location = DataPath.Resolve(Log.TablePath, logPath);
        if (location.Key is { } key) return (Store, key);
        return Neighbours.TryFind(location.AbsoluteUri!, out var store, out var outside) ? (store, outside) : null;
    }

    /// <summary>Where a file that the log names is on disk.</summary>
    public string LocalPath(string logPath)
    {
        var location = DataPath.Resolve(Log.TablePath, logPath);
        if (location.Key is { } key && Store.TryGetLocalPath(key, out var path)) return path;
        if (location.AbsoluteUri is { } uri && DataPath.TryGetLocalFile(uri, out var absolute)) return absolute;
        throw new EngineException(
            NeighbourBuckets.IsObject(logPath)
                ? $"Table {_display}: file {logPath} is in a bucket, but the table is not, so nothing tells how the bucket is reached. Open the table by an s3:// address, or make a deep clone of it."
                : $"Table {_display}: file {logPath} is not on a local disk, where DuckDB reads.",
            _display, path: logPath);
    }

    /// <summary>The files as scans take them, with the rows that their deletion vectors leave.</summary>
    internal async ValueTask<IReadOnlyList<FileSlice>> SlicesAsync(IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        var slices = new FileSlice[files.Count];
        for (var i = 0; i < slices.Length; i++)
        {
            var rows = files[i].DeletionVector is { } vector ? await Lake.RowsLeftAsync(this, vector, cancellationToken).ConfigureAwait(false) : null;
            slices[i] = new FileSlice(files[i].Path, files[i].PartitionValues, rows, [], files[i].Statistics.NumRecords) { BaseRowId = files[i].BaseRowId, RowVersion = files[i].DefaultRowCommitVersion };
        }
        return slices;
    }

    /// <summary>What a failed scan's error means for this table.</summary>
    internal EngineException Explain(DuckDbException exception, long version, IReadOnlyList<FileSlice> slices)
    {
        var missing = IsRemote ? null : slices.Select(slice => slice.Path).FirstOrDefault(path => !File.Exists(LocalPath(path)));
        return missing is not null
            ? new DataFileMissingException(_display, version, missing, exception)
            : new EngineException($"Table {_display}, version {version}, cannot be read: {exception.Message}", _display, version, cause: exception);
    }

    internal CommitResult Learn(CommitResult result)
    {
        Learn(result.Snapshot);
        _autoCompaction.AfterCommit(result.Snapshot);
        return result;
    }

    private void Learn(Snapshot snapshot)
    {
        if (_latest is not { } known || known.Version < snapshot.Version || known.Metadata.Id != snapshot.Metadata.Id) _latest = snapshot;
    }
}
