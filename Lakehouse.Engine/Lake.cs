using System.Collections.Concurrent;
using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Checkpoints;
using Lakehouse.Engine.Iceberg;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Upkeep;
using Lakehouse.Engine.Variants;
using Lakehouse.Engine.Write;
using Lakehouse.Storage;

namespace Lakehouse.Engine;

/// <summary>A folder or a bucket of Delta tables, <c>LAKE/schema/table</c>, and one in-memory DuckDB that reads and writes them. Safe
/// for use from several threads; sessions and connections are not.</summary>
public sealed class Lake : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TableName, LakeTable> _tables = new();
    private readonly ConcurrentDictionary<string, LakeTable> _folders = new(StringComparer.Ordinal);
    private readonly IObjectStore _ownStore;
    private readonly string _location;
    private readonly NeighbourBuckets _neighbours;
    private readonly ConcurrentDictionary<string, RowSelection> _deletionVectors = new(StringComparer.Ordinal);
    private readonly ScratchFolder _scratch;
    private readonly DuckDbConnection _functions;
    private readonly CancellationTokenSource _closing = new();
    private int _disposed;
    private long _names;

    private Lake(StoreAddress address, LakeOptions options)
    {
        Folder = address.ToString();
        Options = options;
        if (address.Folder is not null) Directory.CreateDirectory(Folder);
        _ownStore = address.Open();
        _location = LocationOf(address);
        Store = options.WrapStore?.Invoke(_ownStore) ?? _ownStore;
        _neighbours = new NeighbourBuckets(address, Store);
        _scratch = ScratchFolder.Under(options.TempFolder ?? Path.GetTempPath());
        try
        {
            Database = OpenDatabase(options);
        }
        catch
        {
            _scratch.Dispose();
            throw;
        }
        _functions = Database.Connect();
        Checkpoints = new DuckDbCheckpointCodec(Database, TempFolder);
        IcebergParquet = new DuckDbIcebergParquet(Database, TempFolder);
    }

    /// <summary>The lake's folder; of a lake in a bucket its address, without keys.</summary>
    public string Folder { get; }

    /// <summary>Whether it is in a bucket, and its files are read through copies on this machine.</summary>
    public bool IsRemote => _ownStore is not LocalObjectStore;

    /// <summary>How it was opened.</summary>
    public LakeOptions Options { get; }

    /// <summary>The lake's folder or bucket as an object store.</summary>
    public IObjectStore Store { get; }

    /// <summary>The DuckDB instance; connections for writes come from here or from a session.</summary>
    public DuckDbDatabase Database { get; }

    /// <summary>Reads and writes checkpoints in Parquet; for logs outside the lake.</summary>
    public ICheckpointCodec Checkpoints { get; }

    /// <summary>A folder of the lake's own on this machine, deleted on dispose; after a kill, by the next lake that is opened here.</summary>
    internal string TempFolder => _scratch.Path;

    internal IIcebergParquet IcebergParquet { get; }

    internal RowSelections Selections { get; } = new();

    /// <summary>Ends what goes on in the background, when the lake is disposed of.</summary>
    internal CancellationToken Closing => _closing.Token;

    internal ColumnRanks ColumnRanks { get; } = new();

    internal IdentityCounters Identities { get; } = new();

    internal FileSchemas FileSchemas { get; } = new();

    /// <summary>Opens a lake. Its folder is made when it is absent; a bucket must exist, and is not asked for anything yet.</summary>
    /// <param name="place">A folder, or the address of a bucket (<see cref="StoreAddress"/>).</param>
    /// <param name="options">How it works.</param>
    /// <exception cref="DuckDbException">A setting is not understood.</exception>
    /// <exception cref="StoreAddressException">The address is not understood.</exception>
    public static Lake Open(string place, LakeOptions? options = null) => new(StoreAddress.Parse(place), options ?? new LakeOptions());

    /// <summary>A handle on a table, which may not exist. Handles of one lake are shared, and with them what is known of the table.</summary>
    public LakeTable Table(TableName name) =>
        _tables.GetOrAdd(name, static (key, lake) => new LakeTable(lake, key.ToString(), key, lake.Store, key.Path, lake._location, lake._neighbours), this);

    /// <summary>A handle on a Delta table anywhere: in a folder, or at the address of a bucket.</summary>
    /// <exception cref="StoreAddressException">The address is not understood.</exception>
    public LakeTable TableAt(string place)
    {
        var address = StoreAddress.Parse(place);
        var full = Path.TrimEndingDirectorySeparator(address.ToString());
        // Under a lock, so that no store is opened to be forgotten.
        lock (_folders)
        {
            return _folders.GetOrAdd(full, key =>
            {
                var store = address.Open();
                return new LakeTable(this, key, null, store, "", LocationOf(address), new NeighbourBuckets(address, store));
            });
        }
    }

    /// <summary>The tables of the lake, by name.</summary>
    public async Task<IReadOnlyList<TableName>> ListTablesAsync(CancellationToken cancellationToken = default) =>
        [.. (_ownStore is LocalObjectStore ? ListFolders(cancellationToken) : await ListFoldersAsync(cancellationToken).ConfigureAwait(false)).OrderBy(name => name.Path, StringComparer.Ordinal)];

    /// <summary>The address by which Iceberg clients know a store: names as they are, not encoded.</summary>
    private static string LocationOf(StoreAddress address) =>
        address.S3 is not { } s3 ? "file://" + Path.TrimEndingDirectorySeparator(address.Folder!) : s3.Prefix.Length == 0 ? $"s3://{s3.Bucket}" : $"s3://{s3.Bucket}/{s3.Prefix}";

    private IEnumerable<TableName> ListFolders(CancellationToken cancellationToken)
    {
        var names = new List<TableName>();
        foreach (var schema in Directory.EnumerateDirectories(Folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var table in Directory.EnumerateDirectories(schema))
            {
                if (TableName.TryParse($"{Path.GetFileName(schema)}.{Path.GetFileName(table)}", out var name) && Directory.Exists(Path.Combine(table, "_delta_log")))
                    names.Add(name);
            }
        }
        return names;
    }

    private async Task<IEnumerable<TableName>> ListFoldersAsync(CancellationToken cancellationToken)
    {
        const int AtOnce = 8;
        var candidates = new List<TableName>();
        await foreach (var schema in Store.ListFoldersAsync("", cancellationToken).ConfigureAwait(false))
            await foreach (var table in Store.ListFoldersAsync(schema + "/", cancellationToken).ConfigureAwait(false))
                if (TableName.TryParse($"{schema}.{table}", out var name)) candidates.Add(name);
        var names = new ConcurrentBag<TableName>();
        await Parallel.ForEachAsync(candidates, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (name, token) =>
        {
            await foreach (var _ in Store.ListAsync(name.Path + "/_delta_log/", null, token).ConfigureAwait(false))
            {
                names.Add(name);
                break;
            }
        }).ConfigureAwait(false);
        return names;
    }

    /// <summary>Makes a folder a small lake of its own for one query: a table of one version, 0, for each that the query reads, with the
    /// files that its conditions do not exclude. They are second names of those that this lake reads, so that they cost no room, and
    /// whoever reads them needs no keys of a bucket.</summary>
    /// <param name="sql">The query: one SELECT.</param>
    /// <param name="reads">Every table that it reads, by the name that it gives them.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DataFileMissingException">A file of a table is gone.</exception>
    public async Task LayOutAsync(string sql, IReadOnlyDictionary<TableName, (LakeTable Table, Snapshot Snapshot)> reads, string folder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reads);
        await using var session = OpenSession();
        var predicates = await session.SyntaxAsync(sql, cancellationToken).ConfigureAwait(false) is { } tree
            ? SqlPredicates.Read(tree, name => reads.TryGetValue(name, out var read) ? read.Snapshot.Schema : null)
            : [];
        foreach (var (name, (table, snapshot)) in reads)
        {
            var files = new FilePruner(snapshot).Prune(predicates.GetValueOrDefault(name));
            await SnapshotFolder.MakeAsync(table, snapshot, files, Path.Combine(folder, name.Path), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a session: a connection whose views are its own.</summary>
    public LakeSession OpenSession() => new(this);

    /// <summary>Ends compactions after commits, waits for checkpoints that are being written, closes DuckDB and the store, and deletes spilled
    /// data. The second time there is nothing left to do.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _closing.CancelAsync().ConfigureAwait(false);
        foreach (var table in _tables.Values.Concat(_folders.Values)) await table.CompactedAsync().ConfigureAwait(false);
        foreach (var table in _tables.Values.Concat(_folders.Values)) await table.Log.CheckpointsWrittenAsync().ConfigureAwait(false);
        _functions.Dispose();
        Database.Dispose();
        _closing.Dispose();
        foreach (var neighbours in _folders.Values.Select(table => table.Neighbours).Append(_neighbours)) await neighbours.DisposeAsync().ConfigureAwait(false);
        foreach (var store in _folders.Values.Select(table => table.Store).Append(_ownStore).OfType<IAsyncDisposable>().Distinct())
            await store.DisposeAsync().ConfigureAwait(false);
        _scratch.Dispose();
    }

    /// <summary>A name that no other session, view or temporary table of this lake has.</summary>
    internal string NextName(string prefix) => prefix + Interlocked.Increment(ref _names).ToString(CultureInfo.InvariantCulture);

    /// <summary>The rows that a deletion vector leaves. Vectors never change under their id, so they are kept.</summary>
    internal async ValueTask<RowSelection> RowsLeftAsync(LakeTable table, DeletionVectorDescriptor vector, CancellationToken cancellationToken)
    {
        var key = table.Id + "|" + vector.UniqueId;
        if (_deletionVectors.TryGetValue(key, out var known)) return known;
        var rows = await table.DeletionVectors.ReadAsync(vector, cancellationToken).ConfigureAwait(false);
        // Bits of vectors that no snapshot names any more would pile up over weeks; starting anew is cheap.
        if (_deletionVectors.Count > 10_000) _deletionVectors.Clear();
        return _deletionVectors.GetOrAdd(key, RowSelection.AllBut(rows));
    }

    /// <summary>Opens a DuckDB that knows this lake's functions; it must be closed before the lake is.</summary>
    internal DuckDbDatabase OpenDatabase(LakeOptions options)
    {
        var database = DuckDbDatabase.Open(null, Settings(options, TempFolder));
        using var connection = database.Connect();
        // Instants cast to dates and text alike on every machine, as on Spark with a UTC session.
        connection.Execute("SET GLOBAL TimeZone='UTC'");
        // Data files never change, and are opened again by every statement. Footers count against memory_limit and give way to queries.
        connection.Execute("SET GLOBAL parquet_metadata_cache=true");
        Selections.Register(connection);
        ColumnRanks.Register(connection);
        Identities.Register(connection);
        VariantColumns.Register(connection);
        return database;
    }

    private static Dictionary<string, string> Settings(LakeOptions options, string tempFolder)
    {
        var settings = new Dictionary<string, string>
        {
            ["temp_directory"] = tempFolder,
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
            // DuckDB's allocator keeps what was freed until somebody allocates again; a service that idles would keep its last peak.
            ["allocator_background_threads"] = "true",
        };
        if (options.MemoryLimit is { } memory) settings["memory_limit"] = memory;
        if (options.Threads is { } threads) settings["threads"] = threads.ToString(CultureInfo.InvariantCulture);
        return settings;
    }
}
