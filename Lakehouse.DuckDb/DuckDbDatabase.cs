using System.Runtime.InteropServices;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>
/// One native DuckDB instance, in memory or over a file, shared by its connections. It closes when it is disposed and its
/// last connection is closed, in whichever order. Safe to use from several threads.
/// </summary>
public sealed class DuckDbDatabase : IDisposable
{
    // Within a process one file is opened once: DuckDB's cache gives the instance that is open already, for as long as it is.
    private static readonly nint s_instances = NativeMethods.duckdb_create_instance_cache();

    private readonly DatabaseHandle _handle;
    private bool _disposed;

    private DuckDbDatabase(DatabaseHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    /// <summary>The version of the native library, such as <c>v1.5.5</c>.</summary>
    public static unsafe string LibraryVersion => NativeMethods.Text(NativeMethods.duckdb_library_version());

    /// <summary>The file, or <c>:memory:</c>.</summary>
    public string Path { get; }

    /// <summary>
    /// Opens a database file (made when it is absent), or one in memory. A file that this process has open already is shared, and
    /// must then be asked for with the same settings.
    /// </summary>
    /// <param name="path">A file; null, empty or <c>:memory:</c> for memory.</param>
    /// <param name="settings">DuckDB's settings by name, such as <c>memory_limit</c>, <c>threads</c>, <c>access_mode</c> (<c>read_only</c>).</param>
    /// <exception cref="DuckDbException">The file cannot be opened, or a setting is not known.</exception>
    public static unsafe DuckDbDatabase Open(string? path = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        if (string.IsNullOrEmpty(path)) path = ":memory:";
        if (NativeMethods.duckdb_create_config(out var config) != 0) throw new DuckDbException(DuckDbErrorType.OutOfMemory, "DuckDB could not make a configuration.");
        try
        {
            NativeMethods.duckdb_set_config(config, "duckdb_api", "lakehouse");
            NativeMethods.duckdb_set_config(config, "errors_as_json", "true");
            foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            {
                if (NativeMethods.duckdb_set_config(config, name, value) != 0)
                {
                    throw new DuckDbException(
                        DuckDbErrorType.InvalidConfiguration,
                        $"DuckDB {LibraryVersion} does not know the setting '{name}' with the value '{value}'; `SELECT name, description FROM duckdb_settings()` lists what it knows.");
                }
            }

            var failed = path == ":memory:"
                ? NativeMethods.duckdb_open_ext(path, out var database, config, out var error)
                : NativeMethods.duckdb_get_or_create_from_cache(s_instances, path, out database, config, out error);
            if (failed == 0) return new(new DatabaseHandle(database), path);
            throw ErrorText.Read(NativeMethods.TakeText(error), sql: null, DuckDbErrorType.IO);
        }
        finally
        {
            NativeMethods.duckdb_destroy_config(ref config);
        }
    }

    /// <summary>Opens a connection. A connection serves one thread at a time; open one per reader.</summary>
    /// <exception cref="ObjectDisposedException">The database was disposed.</exception>
    public DuckDbConnection Connect()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new(this);
    }

    /// <summary>Gives up the database; it closes with its last connection.</summary>
    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
    }

    internal ConnectionHandle OpenHandle() => ConnectionHandle.Open(_handle);
}
