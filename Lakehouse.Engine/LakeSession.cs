using System.Diagnostics;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Changes;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine;

/// <summary>One DuckDB connection whose own views show lake tables: <c>silver.orders</c> is the snapshot that this session has bound.
/// Not safe for use from several threads at once.</summary>
public sealed class LakeSession : IAsyncDisposable
{
    /// <summary>Beyond this a copy's memory weighs more than what it saves.</summary>
    private const long MostCopiedRows = 20_000;

    /// <summary>Where views of folders outside the lake stand; its names are shorter than any call of delta_scan.</summary>
    private const string FolderSchema = "lake_scan";
    private readonly Lake _lake;
    private readonly string _catalog;
    private readonly Dictionary<TableName, View> _views = [];
    private readonly HashSet<string> _schemas = new(StringComparer.OrdinalIgnoreCase);

    // Names that stand for copies of changed rows, not for views.
    private readonly HashSet<TableName> _copies = [];

    // A view, a macro, a prepared statement or a search path outlives its statement and reads our views by name, with conditions of
    // its own: from the first statement on that may have made one, every view shows its whole table.
    private bool _outlived;

    // A transaction of DuckDB's that the SQL has begun.
    private bool _inTransaction;

    // Names of views for what SQL says itself when to read. The same stands under the same name, as a view of the caller's may read it.
    private readonly Dictionary<object, int> _numbers = [];

    internal LakeSession(Lake lake)
    {
        _lake = lake;
        _catalog = lake.NextName("lake_session_");
        Connection = lake.Database.Connect();
        Connection.Execute($"ATTACH ':memory:' AS {_catalog}; USE {_catalog}");
    }

    /// <summary>The session's connection. Its default catalog is the session's own, in memory.</summary>
    public DuckDbConnection Connection { get; }

    /// <summary>The lake.</summary>
    public Lake Lake => _lake;

    /// <summary>The tables as they are bound, with their versions and how many of their files the view reads.</summary>
    public IReadOnlyCollection<BoundTable> Bound => [.. _views.Select(view => new BoundTable(view.Key, view.Value.Version, view.Value.Files, view.Value.TotalFiles))];

    /// <summary>Defines, or defines anew, a view that shows exactly this snapshot of a table of this lake. The view may have any name; it
    /// stays as it is when SQL that names it is bound.</summary>
    /// <exception cref="DataFileMissingException">The snapshot names a file that is gone.</exception>
    public Task DefineAsync(TableName name, Snapshot snapshot, CancellationToken cancellationToken = default) =>
        DefineAsync(name, TableOf(snapshot), snapshot, null, cancellationToken);

    /// <summary>Defines a view of the rows that came and went in the versions after <paramref name="afterVersion"/> up to
    /// <paramref name="upTo"/>: the table's columns, <c>_change_type</c> (<c>insert</c> or <c>delete</c>; an updated row is both) and
    /// <c>_commit_version</c>. Commits that only rearrange rows show nothing. Few rows that are all of their files' are read at
    /// once, and kept in memory until the name is defined anew or the session ends.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="upTo">The last version, of a table of this lake.</param>
    /// <param name="afterVersion">Null: all rows of <paramref name="upTo"/>, as inserts.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="DataFileMissingException">Rows were to be read at once, and a file that holds some is gone.</exception>
    public async Task DefineChangesAsync(TableName view, Snapshot upTo, long? afterVersion, CancellationToken cancellationToken = default)
    {
        var table = TableOf(upTo);
        var slices = await TableChanges.ReadAsync(table, upTo, afterVersion, cancellationToken).ConfigureAwait(false);
        if (afterVersion is not null && AreFewWholeFiles(slices))
        {
            await CopyChangesAsync(view, table, upTo, slices, cancellationToken).ConfigureAwait(false);
            return;
        }
        await DefineViewAsync(view, table, upTo, slices, slices.Count, TableChanges.Columns, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a table's change data feed into memory and gives it a name: the table's columns, <c>_change_type</c> (<c>insert</c>,
    /// <c>delete</c>, <c>update_preimage</c>, <c>update_postimage</c>), <c>_commit_version</c> and <c>_commit_timestamp</c>. A table
    /// that records no updates shows them as a delete and an insert.</summary>
    /// <param name="name">The name.</param>
    /// <param name="table">The table.</param>
    /// <param name="from">The first version.</param>
    /// <param name="to">The last version; null = the newest.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="VersionNotFoundException">A version is not there, or no longer.</exception>
    public async Task DefineFeedAsync(TableName name, LakeTable table, long from, long? to = null, CancellationToken cancellationToken = default)
    {
        var upTo = await table.SnapshotAsync(to, cancellationToken).ConfigureAwait(false);
        if (from < 0 || from > upTo.Version) throw new VersionNotFoundException(table.ToString(), $"its changes cannot be read from version {from} to {upTo.Version}: the first must not be after the last.", from);
        var feed = await TableFeed.ReadAsync(table, upTo, from, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<FileSlice> slices = [.. feed.Recorded, .. feed.Derived];
        using var local = await LocalFiles.OpenAsync(table, slices, upTo.Version, cancellationToken).ConfigureAwait(false);
        long? selection = feed.Derived.Any(slice => slice.Rows is not null) ? _lake.Selections.Add([.. feed.Derived.Select(slice => slice.Rows)]) : null;
        try
        {
            await MakeRoomAsync(name, forCopy: true, cancellationToken).ConfigureAwait(false);
            await Connection.ExecuteAsync($"CREATE OR REPLACE TABLE {InCatalog(name)} AS {feed.ToSql(new ColumnLayout(upTo.Metadata), local.PathOf, selection)}", cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDbException exception) when (exception.ErrorType != DuckDbErrorType.Interrupt)
        {
            throw table.Explain(exception, upTo.Version, slices);
        }
        finally
        {
            if (selection is { } id) _lake.Selections.Release(id);
        }
        if (_views.TryGetValue(name, out var before)) before.Release();
        _views[name] = new View(table, upTo.Version, slices.Count, slices.Count, null, false, [.. slices.Select(slice => slice.Path)]) { ByHand = true };
    }

    /// <summary>Makes readable what the SQL itself says when to read: tables with <c>VERSION AS OF</c> and <c>TIMESTAMP AS OF</c>, and calls
    /// of <c>delta_scan</c> and <c>table_changes</c>. Tables named alone are left to the caller.</summary>
    /// <returns>The SQL to run, with names of views in their places.</returns>
    /// <exception cref="EngineException">A table or version is not there.</exception>
    public async Task<string> BindPastAsync(string sql, CancellationToken cancellationToken = default)
    {
        (sql, var bound) = await PinAsync(sql, cancellationToken).ConfigureAwait(false);
        foreach (var (name, (table, snapshot)) in bound)
            await DefineAsync(name, table, snapshot, null, cancellationToken, byHand: false).ConfigureAwait(false);
        return sql;
    }

    /// <summary>Makes every lake table that the SQL names readable, at its newest version, the one given or the one that the SQL says
    /// (<see cref="TimeTravel"/>), with the files left out that the SQL's own conditions exclude, and every
    /// <c>delta_scan('folder' [, version => n])</c> and <c>table_changes('table', from [, to])</c>.</summary>
    /// <returns>The SQL to run: the same, with views in place of such calls and versions, padded so that positions stay.</returns>
    /// <exception cref="EngineException">A table or version is not there.</exception>
    public Task<string> BindAsync(string sql, IReadOnlyDictionary<TableName, long>? versions = null, CancellationToken cancellationToken = default) =>
        BindAsync(sql, versions, prunes: true, cancellationToken);

    /// <summary>Makes readable, whole, what an expression of a command reads; views that the command's query reads may be the same.</summary>
    internal async Task<string> BindExpressionAsync(string expression, IReadOnlyDictionary<TableName, long>? versions, CancellationToken cancellationToken)
    {
        // A query, as only those leave nothing behind.
        const string Before = "SELECT (";
        const string After = "\n)";
        var bound = await BindAsync(Before + expression + After, versions, prunes: false, cancellationToken).ConfigureAwait(false);
        return bound[Before.Length..^After.Length];
    }

    /// <summary>The version at which a statement reads the table that it changes; null where the session itself says what the name shows.</summary>
    internal IReadOnlyDictionary<TableName, long>? Pin(LakeTable table, Snapshot snapshot) =>
        table.Name.Name is null || (_views.TryGetValue(table.Name, out var view) && view.ByHand) ? null : new Dictionary<TableName, long> { [table.Name] = snapshot.Version };

    private async Task<string> BindAsync(string sql, IReadOnlyDictionary<TableName, long>? versions, bool prunes, CancellationToken cancellationToken)
    {
        (sql, var bound) = await PinAsync(sql, cancellationToken).ConfigureAwait(false);
        foreach (var name in TableMentions.Find(SqlTokenizer.Tokenize(sql)))
        {
            // What this session has defined by hand under the name stays.
            long? version = versions is not null && versions.TryGetValue(name, out var wanted) ? wanted : null;
            if (bound.ContainsKey(name) || (version is null && _views.TryGetValue(name, out var view) && view.ByHand)) continue;
            var table = _lake.Table(name);
            var snapshot = version is null ? await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false) : await table.SnapshotAsync(version, cancellationToken).ConfigureAwait(false);
            if (snapshot is not null) bound[name] = (table, snapshot);
        }
        var tree = _outlived ? null : await SyntaxAsync(sql, cancellationToken).ConfigureAwait(false);
        if (tree is null && !_outlived) await ShowWholeTablesAsync(cancellationToken).ConfigureAwait(false);
        if (bound.Count == 0) return sql;
        var predicates = tree is null || !prunes ? [] : SqlPredicates.Read(tree, name => bound.TryGetValue(name, out var entry) ? entry.Snapshot.Schema : null);
        foreach (var (name, (table, snapshot)) in bound)
            await DefineAsync(name, table, snapshot, predicates.GetValueOrDefault(name), cancellationToken, byHand: false).ConfigureAwait(false);
        return sql;
    }

    /// <summary>Runs SQL; rows come as they are computed. Queries are DuckDB's, over the lake's tables. What changes a table of the lake
    /// (INSERT, UPDATE, DELETE, MERGE, …) or tends it (OPTIMIZE, VACUUM, …) is carried out by the lake and answers with what was
    /// done, as rows; everything else is DuckDB's.</summary>
    /// <exception cref="SqlSyntaxException">A command of the lake's is written wrong.</exception>
    /// <exception cref="EngineException">A command of the lake's is given within a transaction: each is a commit of its own, which no ROLLBACK takes back.</exception>
    public async Task<DuckDbResult> QueryAsync(string sql, CancellationToken cancellationToken = default, IProgress<double>? progress = null)
    {
        var started = Stopwatch.GetTimestamp();
        using var activity = Telemetry.Activities.StartActivity("lake query");
        try
        {
            if (await LakeStatement.FindAsync(_lake, sql, cancellationToken).ConfigureAwait(false) is { } statement)
            {
                if (_inTransaction && statement.Kind != LakeStatementKind.Describes)
                    throw new EngineException($"Table {statement.Target}: the statement would be a commit of its own, which no ROLLBACK takes back, and a transaction is open. End it with COMMIT or ROLLBACK first; a transaction holds what is in memory alone.", statement.Target);
                return await Connection.QueryAsync(await statement.RunAsync(this, cancellationToken).ConfigureAwait(false), cancellationToken, progress).ConfigureAwait(false);
            }
            var bound = await BindAsync(sql, null, cancellationToken).ConfigureAwait(false);
            var result = await Connection.QueryAsync(bound, cancellationToken, progress).ConfigureAwait(false);
            if (result.StatementType == DuckDbStatementType.Transaction) FollowTransaction(SqlTokenizer.Tokenize(sql)[0]);
            return result;
        }
        catch (Exception error)
        {
            activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error.GetType().Name);
            throw;
        }
        finally
        {
            Telemetry.QueryDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    /// <summary>What was defined since a BEGIN goes with its ROLLBACK; and what was there before comes back as it was.</summary>
    private void FollowTransaction(SqlToken verb)
    {
        _inTransaction = verb.IsWord("begin") || verb.IsWord("start");
        if (_inTransaction || verb.IsWord("commit") || verb.IsWord("end")) return;
        _schemas.Clear();
        foreach (var view in _views.Values) view.MayBeGone = true;
    }

    /// <summary>Puts views in the places where SQL says itself what version it reads. Feeds are read at once; the rest is to be defined.</summary>
    private async Task<(string Sql, Dictionary<TableName, (LakeTable Table, Snapshot Snapshot)> Bound)> PinAsync(string sql, CancellationToken cancellationToken)
    {
        var bound = new Dictionary<TableName, (LakeTable Table, Snapshot Snapshot)>();
        (sql, var past) = TimeTravel.Rewrite(sql, NumberOf);
        foreach (var (name, read) in past)
        {
            var table = read.Table is { } named ? _lake.Table(named) : _lake.TableAt(read.Folder!);
            bound[name] = (table, await (read.Moment ?? default).SnapshotAsync(table, cancellationToken).ConfigureAwait(false));
        }
        foreach (var call in TableChangesCalls.Find(sql))
        {
            var name = NameOf(call with { Start = 0, End = 0 });
            await DefineFeedAsync(name, call, cancellationToken).ConfigureAwait(false);
            sql = Replace(sql, call.Start, call.End, name);
        }
        foreach (var scan in DeltaScanCalls.Find(sql))
        {
            var table = _lake.TableAt(scan.Folder);
            var name = NameOf(scan with { Start = 0, End = 0 });
            bound[name] = (table, await table.SnapshotAsync(scan.Version, cancellationToken).ConfigureAwait(false));
            sql = Replace(sql, scan.Start, scan.End, name);
        }
        return (sql, bound);

        int NumberOf(object read) => _numbers.TryGetValue(read, out var number) ? number : _numbers[read] = _numbers.Count;

        TableName NameOf(object call) => new(FolderSchema, "d" + NumberOf(call).ToString(System.Globalization.CultureInfo.InvariantCulture));

        // Padded, so that the positions in DuckDB's messages are those of the caller's text.
        static string Replace(string sql, int start, int end, TableName name) => sql[..start] + name.ToString().PadRight(end - start) + sql[end..];
    }

    /// <summary>Closes the connection and forgets its views.</summary>
    public ValueTask DisposeAsync()
    {
        try
        {
            Connection.Execute($"USE memory; DETACH {_catalog}");
        }
        catch (DuckDbException)
        {
            // A transaction that a failed statement left open refuses both; the views go with the connection's last use then.
        }
        Connection.Dispose();
        foreach (var view in _views.Values)
            view.Release();
        _views.Clear();
        return ValueTask.CompletedTask;
    }

    private async Task DefineFeedAsync(TableName name, TableChangesCall call, CancellationToken cancellationToken)
    {
        var table = TableName.TryParse(call.Table, out var known) ? _lake.Table(known) : _lake.TableAt(call.Table);
        await DefineFeedAsync(name, table, await FirstAsync(call.From).ConfigureAwait(false), call.To is { } to ? await LastAsync(to).ConfigureAwait(false) : null, cancellationToken).ConfigureAwait(false);

        async Task<long> FirstAsync(TableMoment bound)
        {
            if (bound.Version is { } version) return version;
            try
            {
                // The first version at the time or after it: the one after the last before it.
                return (await table.SnapshotAtAsync(bound.Time!.Value.AddMilliseconds(-1), cancellationToken).ConfigureAwait(false)).Version + 1;
            }
            catch (VersionNotFoundException)
            {
                return 0;
            }
        }

        async Task<long> LastAsync(TableMoment bound) => bound.Version ?? (await table.SnapshotAtAsync(bound.Time!.Value, cancellationToken).ConfigureAwait(false)).Version;
    }

    private async Task DefineAsync(TableName name, LakeTable table, Snapshot snapshot, FilePredicate? predicate, CancellationToken cancellationToken, bool byHand = true)
    {
        var files = new FilePruner(snapshot).Prune(predicate);
        if (_views.TryGetValue(name, out var known) && known.IsSame(table, snapshot, files))
        {
            known.ByHand = byHand;
            return;
        }
        var slices = await table.SlicesAsync(files, cancellationToken).ConfigureAwait(false);
        var view = await DefineViewAsync(name, table, snapshot, slices, snapshot.Files.Count, [], cancellationToken).ConfigureAwait(false);
        view.ByHand = byHand;
    }

    private async Task<View> DefineViewAsync(TableName name, LakeTable table, Snapshot snapshot, IReadOnlyList<FileSlice> slices, int totalFiles, IReadOnlyList<ExtraColumn> extras, CancellationToken cancellationToken)
    {
        var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false);
        long? selectionId = slices.Any(slice => slice.Rows is not null) ? _lake.Selections.Add([.. slices.Select(slice => slice.Rows)]) : null;
        var view = new View(table, snapshot.Version, slices.Count, totalFiles, selectionId, extras.Count == 0, [.. slices.Select(slice => slice.Path)]) { ByHand = true, Local = local };
        try
        {
            var layout = new ColumnLayout(snapshot.Metadata);
            var ownSchema = await _lake.FileSchemas.FitAsync(Connection, layout, slices, layout.Schema.Fields, local.PathOf, cancellationToken).ConfigureAwait(false);
            var sql = ScanSql.Write(layout, slices, local.PathOf, selectionId, extras: extras, ownSchema: ownSchema);
            await MakeRoomAsync(name, forCopy: false, cancellationToken).ConfigureAwait(false);
            await Connection.ExecuteAsync($"CREATE OR REPLACE VIEW {InCatalog(name)} AS {sql}", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            view.Release();
            if (exception is DuckDbException failure) throw table.Explain(failure, snapshot.Version, slices);
            throw;
        }
        if (_views.TryGetValue(name, out var before)) before.Release();
        _views[name] = view;
        return view;
    }

    /// <summary>Whether the rows are better read once: a query that names them several times then plans and scans a small table, where it
    /// would bind and open the files behind them each time. Not so where rows are picked out of larger files, of which the query reads
    /// some columns and a copy would read all.</summary>
    private static bool AreFewWholeFiles(IReadOnlyList<FileSlice> slices)
    {
        long rows = 0;
        foreach (var slice in slices)
        {
            if (slice.Rows is not null || slice.Records is not { } records) return false;
            rows += records;
        }
        return rows <= MostCopiedRows;
    }

    private async Task CopyChangesAsync(TableName name, LakeTable table, Snapshot upTo, IReadOnlyList<FileSlice> slices, CancellationToken cancellationToken)
    {
        using var local = await LocalFiles.OpenAsync(table, slices, upTo.Version, cancellationToken).ConfigureAwait(false);
        try
        {
            await MakeRoomAsync(name, forCopy: true, cancellationToken).ConfigureAwait(false);
            var scan = ScanSql.Write(new ColumnLayout(upTo.Metadata), slices, local.PathOf, null, extras: TableChanges.Columns);
            await Connection.ExecuteAsync($"CREATE OR REPLACE TABLE {InCatalog(name)} AS {scan}", cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDbException exception) when (exception.ErrorType != DuckDbErrorType.Interrupt)
        {
            throw table.Explain(exception, upTo.Version, slices);
        }
        if (_views.TryGetValue(name, out var before)) before.Release();
        _views[name] = new View(table, upTo.Version, slices.Count, slices.Count, null, false, [.. slices.Select(slice => slice.Path)]) { ByHand = true };
    }

    /// <summary>Makes the schema, and drops what has the name where it is of the other kind: only its like is replaced.</summary>
    private async Task MakeRoomAsync(TableName name, bool forCopy, CancellationToken cancellationToken)
    {
        if (_schemas.Add(name.Schema)) await Connection.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {_catalog}.{SqlText.Name(name.Schema)}", cancellationToken).ConfigureAwait(false);
        if (forCopy == _copies.Contains(name)) return;
        await Connection.ExecuteAsync($"DROP {(forCopy ? "VIEW" : "TABLE")} IF EXISTS {InCatalog(name)}", cancellationToken).ConfigureAwait(false);
        if (forCopy) _copies.Add(name);
        else _copies.Remove(name);
    }

    private string InCatalog(TableName name) => $"{_catalog}.{SqlText.Name(name.Schema)}.{SqlText.Name(name.Name)}";

    private LakeTable TableOf(Snapshot snapshot) => TableName.TryParse(snapshot.TablePath.Replace('/', '.'), out var name)
        ? _lake.Table(name)
        : throw new EngineException($"The snapshot {snapshot} is of no table of this lake.", snapshot.TablePath, snapshot.Version);

    // From now on nothing is pruned, and what was pruned before is not any more.
    private async Task ShowWholeTablesAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, view) in _views.Where(view => !view.Value.ByHand && view.Value.Files < view.Value.TotalFiles).ToList())
            await DefineAsync(name, view.Table, await view.Table.SnapshotAsync(view.Version, cancellationToken).ConfigureAwait(false), null, cancellationToken, byHand: false).ConfigureAwait(false);
        _outlived = true;
    }

    /// <summary>The statements' syntax; null for any but queries, which alone leave nothing behind.</summary>
    internal async Task<string?> SyntaxAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            var tree = await Connection.ScalarAsync<string>($"SELECT json_serialize_sql({SqlText.Literal(sql)}, skip_null := true, skip_empty := true)::VARCHAR", cancellationToken).ConfigureAwait(false);
            return tree is null || SqlPredicates.IsError(tree) ? null : tree;
        }
        catch (DuckDbException)
        {
            // Not SQL at all: nothing is pruned, and running it says what is wrong.
            return null;
        }
    }

    private sealed record View(LakeTable Table, long Version, int Files, int TotalFiles, long? SelectionId, bool IsSnapshot, IReadOnlyList<string> Paths)
    {
        public bool ByHand { get; set; }

        /// <summary>Whether a ROLLBACK may have taken the view away, or brought an older one back.</summary>
        public bool MayBeGone { get; set; }

        /// <summary>What the view reads, on this machine; null where it reads no files.</summary>
        public LocalFiles? Local { get; init; }

        /// <summary>Gives back what only this view uses.</summary>
        public void Release()
        {
            if (SelectionId is { } id) Table.Lake.Selections.Release(id);
            Local?.Dispose();
        }

        public bool IsSame(LakeTable table, Snapshot snapshot, IReadOnlyList<AddFile> files) =>
            IsSnapshot && !MayBeGone && Table.Id == table.Id && Version == snapshot.Version && Paths.Count == files.Count && Paths.SequenceEqual(files.Select(file => file.Path), StringComparer.Ordinal);
    }
}

/// <summary>A table as a session shows it.</summary>
/// <param name="Name">The name it has in SQL.</param>
/// <param name="Version">The version shown.</param>
/// <param name="FilesPlanned">Data files that the view reads.</param>
/// <param name="FilesInTable">Data files of that version.</param>
public sealed record BoundTable(TableName Name, long Version, int FilesPlanned, int FilesInTable);
