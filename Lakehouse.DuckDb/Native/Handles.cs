using System.Runtime.InteropServices;

namespace Lakehouse.DuckDb.Native;

/// <summary>A native database. It stays open while a connection holds it, however early its owner is disposed.</summary>
internal sealed class DatabaseHandle : SafeHandle
{
    internal DatabaseHandle(nint database) : base(0, ownsHandle: true) => SetHandle(database);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_close(ref handle);
        return true;
    }
}

/// <summary>A native connection; holds its database open until it is itself released.</summary>
internal sealed class ConnectionHandle : SafeHandle
{
    private readonly DatabaseHandle _database;

    private ConnectionHandle(DatabaseHandle database, nint connection) : base(0, ownsHandle: true)
    {
        _database = database;
        SetHandle(connection);
    }

    public override bool IsInvalid => handle == 0;

    /// <exception cref="ObjectDisposedException">The database was closed.</exception>
    internal static ConnectionHandle Open(DatabaseHandle database)
    {
        var added = false;
        database.DangerousAddRef(ref added);
        if (NativeMethods.duckdb_connect(database, out var connection) == 0) return new ConnectionHandle(database, connection);
        database.DangerousRelease();
        throw new DuckDbException(DuckDbErrorType.Connection, "DuckDB could not open another connection to the database.");
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_disconnect(ref handle);
        _database.DangerousRelease();
        return true;
    }
}

/// <summary>A native result, at a fixed address; holds its connection open, since a streaming result still runs on it.</summary>
internal sealed unsafe class ResultHandle : SafeHandle
{
    private readonly ConnectionHandle _connection;

    internal ResultHandle(ConnectionHandle connection) : base(0, ownsHandle: true)
    {
        var added = false;
        connection.DangerousAddRef(ref added);
        _connection = connection;
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)));
    }

    internal NativeResult* Pointer => (NativeResult*)handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.duckdb_destroy_result(Pointer);
        NativeMemory.Free(Pointer);
        _connection.DangerousRelease();
        return true;
    }
}
