using Npgsql;

namespace Lakehouse.EmbeddedPostgres;

/// <summary>
/// A real PostgreSQL server that ships with the program and runs as its child: for the demo, for tests and for
/// development without containers. It listens on 127.0.0.1 only, with a random password, and has logical replication on.
/// It does not outlive this process: on Linux the kernel interrupts it when this process crashes.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const int PortAttempts = 5;
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan BusyFolderTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BusyFolderInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(30);

    private readonly PostgresServerOptions options;
    private readonly PostgresFiles files;
    private readonly PostgresCluster cluster;
    private readonly SemaphoreSlim changing = new(1, 1);
    private PostgresProcess? server;
    private bool disposed;

    private PostgresServer(PostgresServerOptions options, PostgresFiles files, PostgresCluster cluster)
    {
        this.options = options;
        this.files = files;
        this.cluster = cluster;
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>Whether this build ships a PostgreSQL for this platform.</summary>
    public static bool IsAvailable => Directory.Exists(Path.Combine(PostgresFiles.PackedFolder, "bin"));

    /// <summary>Connects the superuser to the database <c>postgres</c>; holds the password. The same over restarts.</summary>
    public string ConnectionString => ConnectionStringFor("postgres");

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The cluster's data folder.</summary>
    public string DataFolder => cluster.Folder;

    /// <summary>Whether the server process runs.</summary>
    public bool IsRunning => server is { HasExited: false };

    /// <summary>The operating system's id of the server process.</summary>
    /// <exception cref="InvalidOperationException">The server does not run.</exception>
    public int ProcessId => server?.Id ?? throw new InvalidOperationException("PostgreSQL does not run.");

    /// <summary>The last lines of the server's log.</summary>
    public string LogTail => server?.Output ?? "";

    /// <summary>Prepares the programs and the data folder where they are new, starts the server and waits until it answers.</summary>
    /// <exception cref="EmbeddedPostgresException">It did not start; the message holds the end of its log.</exception>
    public static async Task<PostgresServer> StartAsync(PostgresServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new PostgresServerOptions();
        PostgresSettings.Check(options.Settings);
        PostgresFiles files = await Task.Run(PostgresFiles.Materialise, cancellationToken).ConfigureAwait(false);
        PostgresCluster cluster = await PostgresCluster
            .OpenAsync(files, options.DataFolder, options.Fsync ?? options.DataFolder is not null, cancellationToken).ConfigureAwait(false);
        var postgres = new PostgresServer(options, files, cluster);
        try
        {
            await postgres.LaunchAsync(cancellationToken).ConfigureAwait(false);
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>As <see cref="ConnectionString"/>, for another database of the cluster.</summary>
    public string ConnectionStringFor(string database) => cluster.ConnectionStringFor(database, Port);

    /// <summary>Stops the server: sessions are ended and the cluster is left clean; immediately when that takes too long.</summary>
    /// <exception cref="EmbeddedPostgresException">The server does not end.</exception>
    public Task StopAsync() => AloneAsync(() => EndAsync(PostgresProcess.Interrupt));

    /// <summary>Ends the server as a crash does (SIGKILL); <see cref="RestartAsync"/> then recovers. For tests of faults.</summary>
    /// <exception cref="EmbeddedPostgresException">The server does not end.</exception>
    public Task KillAsync() => AloneAsync(() => EndAsync(signal: null));

    /// <summary>Stops the server if it runs and starts it on the same port over the same data.</summary>
    /// <exception cref="EmbeddedPostgresException">It did not start; the message holds the end of its log.</exception>
    public Task RestartAsync(CancellationToken cancellationToken = default) => AloneAsync(async () =>
    {
        await EndAsync(PostgresProcess.Interrupt).ConfigureAwait(false);
        await LaunchAsync(cancellationToken).ConfigureAwait(false);
    });

    /// <summary>Stops the server, and deletes a temporary data folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        // A cluster that is deleted next need not be left clean, nor wait for replication clients.
        await AloneAsync(() => EndAsync(cluster.IsTemporary ? PostgresProcess.Quit : PostgresProcess.Interrupt)).ConfigureAwait(false);
        disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        cluster.Dispose();
        changing.Dispose();
    }

    private async Task AloneAsync(Func<Task> change)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            await change().ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        bool free = options.Port is null && Port == 0;
        long busyUntil = Environment.TickCount64 + (long)BusyFolderTimeout.TotalMilliseconds;
        for (int attempt = 1; ; attempt++)
        {
            if (free) Port = PostgresPort.FindFree();
            else if (Port == 0) Port = options.Port!.Value;
            server = await PostgresProcess.StartAsync(files, "postgres", cluster.Folder, PostgresSettings.Arguments(cluster.Folder, Port, options.Fsync ?? !cluster.IsTemporary, options.Settings)).ConfigureAwait(false);
            try
            {
                await WaitUntilReadyAsync(server, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (EmbeddedPostgresException) when (free && attempt < PortAttempts && LostPort(server))
            {
                await EndAsync(PostgresProcess.Quit).ConfigureAwait(false);
            }
            catch (EmbeddedPostgresException) when (FolderIsBusy(server) && Environment.TickCount64 < busyUntil)
            {
                await EndAsync(PostgresProcess.Quit).ConfigureAwait(false);
                await Task.Delay(BusyFolderInterval, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await EndAsync(PostgresProcess.Quit).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task WaitUntilReadyAsync(PostgresProcess started, CancellationToken cancellationToken)
    {
        var probe = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 5 };
        long deadline = Environment.TickCount64 + (long)options.StartTimeout.TotalMilliseconds;
        Exception? last = null;
        while (Environment.TickCount64 < deadline)
        {
            if (started.HasExited)
            {
                await started.WaitForExitAsync(KillTimeout, cancellationToken).ConfigureAwait(false);
                throw new EmbeddedPostgresException($"PostgreSQL ended while it started (exit code {started.ExitCode}, data folder '{cluster.Folder}', port {Port}).{PostgresUser.HintFor(started.Output)} Its log ends with:{Environment.NewLine}{started.Output}");
            }
            try
            {
                await using var connection = new NpgsqlConnection(probe.ConnectionString);
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (NpgsqlException e)
            {
                last = e;   // refused, starting up, or a stranger on our port: then our server ends by itself
            }
            await Task.Delay(ProbeInterval, cancellationToken).ConfigureAwait(false);
        }
        throw new EmbeddedPostgresException($"PostgreSQL did not answer on 127.0.0.1:{Port} within {options.StartTimeout.TotalSeconds:0} s ({last?.Message}). Its log ends with:{Environment.NewLine}{started.Output}", last);
    }

    private async Task EndAsync(int? signal)
    {
        if (server is not { } running) return;
        if (signal is { } gently)
        {
            running.Signal(gently);
            if (!await running.WaitForExitAsync(options.StopTimeout).ConfigureAwait(false)) running.Signal(PostgresProcess.Quit);
            else signal = 0;
        }
        else if (!running.HasExited)
        {
            running.Kill();
        }
        if (signal != 0 && !await running.WaitForExitAsync(KillTimeout).ConfigureAwait(false))
        {
            running.Kill();
            if (!await running.WaitForExitAsync(KillTimeout).ConfigureAwait(false))
                throw new EmbeddedPostgresException($"PostgreSQL (process {running.Id}, data folder '{cluster.Folder}') does not end.");
        }
        running.Dispose();
        server = null;
        // Pooled connections to the ended server would fail their next user.
        await using var ended = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(ended);
    }

    private void OnProcessExit(object? sender, EventArgs e)
    {
        try
        {
            server?.Signal(cluster.IsTemporary ? PostgresProcess.Quit : PostgresProcess.Interrupt);
        }
        catch (InvalidOperationException)
        {
            // Already ended and disposed.
        }
    }

    private static bool LostPort(PostgresProcess ended) =>
        ended.HasExited && ended.Output.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal);

    // The server of a process that has just crashed may still be shutting down.
    private static bool FolderIsBusy(PostgresProcess ended) =>
        ended.HasExited && (ended.Output.Contains("postmaster.pid\" already exists", StringComparison.Ordinal) ||
                            ended.Output.Contains("pre-existing shared memory block", StringComparison.Ordinal));
}
