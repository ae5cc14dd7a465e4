using System.Collections.Concurrent;
using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Checkpoints;
using Lakehouse.Engine.Scan;
using Lakehouse.Storage;

namespace Lakehouse.Engine;

/// <summary>A folder of Delta tables, <c>LAKE/schema/table</c>, and one in-memory DuckDB that reads and writes them. Safe for use
/// from several threads; sessions and connections are not.</summary>
public sealed class Lake : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TableName, LakeTable> _tables = new();
    private readonly ConcurrentDictionary<string, LakeTable> _folders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RowSelection> _deletionVectors = new(StringComparer.Ordinal);
    private readonly string _tempFolder;
    private readonly DuckDbConnection _functions;
    private long _names;

    private Lake(string folder, LakeOptions options)
    {
        Folder = Path.GetFullPath(folder);
        Options = options;
        Directory.CreateDirectory(Folder);
        _tempFolder = Directory.CreateDirectory(Path.Combine(options.TempFolder ?? Path.GetTempPath(), "lakehouse-" + Guid.NewGuid().ToString("N"))).FullName;
        var store = new LocalObjectStore(Folder);
        Store = options.WrapStore?.Invoke(store) ?? store;
        Database = DuckDbDatabase.Open(null, Settings(options, _tempFolder));
        _functions = Database.Connect();
        // Instants cast to dates and text alike on every machine, as on Spark with a UTC session.
        _functions.Execute("SET GLOBAL TimeZone='UTC'");
        Selections = new RowSelections();
        Selections.Register(_functions);
        Checkpoints = new DuckDbCheckpointCodec(Database, _tempFolder);
    }

    /// <summary>The lake's folder.</summary>
    public string Folder { get; }

    /// <summary>How it was opened.</summary>
    public LakeOptions Options { get; }

    /// <summary>The lake's folder as an object store.</summary>
    public IObjectStore Store { get; }

    /// <summary>The DuckDB instance; connections for writes come from here or from a session.</summary>
    public DuckDbDatabase Database { get; }

    /// <summary>Reads and writes checkpoints in Parquet; for logs outside the lake.</summary>
    public ICheckpointCodec Checkpoints { get; }

    internal RowSelections Selections { get; }

    internal FileSchemas FileSchemas { get; } = new();

    /// <summary>Opens a lake; its folder is made when it is absent.</summary>
    /// <exception cref="DuckDbException">A setting is not understood.</exception>
    public static Lake Open(string folder, LakeOptions? options = null) => new(folder, options ?? new LakeOptions());

    /// <summary>A handle on a table, which may not exist. Handles of one lake are shared, and with them what is known of the table.</summary>
    public LakeTable Table(TableName name) =>
        _tables.GetOrAdd(name, static (key, lake) => new LakeTable(lake, key.ToString(), key, lake.Store, key.Path), this);

    /// <summary>A handle on a Delta table anywhere on disk.</summary>
    public LakeTable TableAt(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return _folders.GetOrAdd(full, static (key, lake) => new LakeTable(lake, key, null, new LocalObjectStore(key), ""), this);
    }

    /// <summary>The tables of the lake, by name.</summary>
    public Task<IReadOnlyList<TableName>> ListTablesAsync(CancellationToken cancellationToken = default)
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
        return Task.FromResult<IReadOnlyList<TableName>>([.. names.OrderBy(name => name.Path, StringComparer.Ordinal)]);
    }

    /// <summary>Opens a session: a connection whose views are its own.</summary>
    public LakeSession OpenSession() => new(this);

    /// <summary>Waits for checkpoints that are being written, closes DuckDB and deletes spilled data.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var table in _tables.Values.Concat(_folders.Values)) await table.Log.CheckpointsWrittenAsync().ConfigureAwait(false);
        _functions.Dispose();
        Database.Dispose();
        try
        {
            Directory.Delete(_tempFolder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Someone cleaned the temporary folder: what was wanted is the case.
        }
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

    private static Dictionary<string, string> Settings(LakeOptions options, string tempFolder)
    {
        var settings = new Dictionary<string, string>
        {
            ["temp_directory"] = tempFolder,
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
        };
        if (options.MemoryLimit is { } memory) settings["memory_limit"] = memory;
        if (options.Threads is { } threads) settings["threads"] = threads.ToString(CultureInfo.InvariantCulture);
        return settings;
    }
}
