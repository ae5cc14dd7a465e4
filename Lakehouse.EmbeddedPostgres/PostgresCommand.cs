namespace Lakehouse.EmbeddedPostgres;

/// <summary>
/// A prepared data folder, and how another supervisor (DCP, systemd, a shell) runs a server over it: the same programs and
/// settings as <see cref="PostgresServer"/>. SIGTERM ends the server within seconds and leaves the cluster clean.
/// </summary>
public sealed record PostgresCommand
{
    private static readonly TimeSpan BusyFolderTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BusyFolderInterval = TimeSpan.FromMilliseconds(100);

    private readonly PostgresCluster cluster;

    private PostgresCommand(PostgresCluster cluster) => this.cluster = cluster;

    /// <summary>The program to start.</summary>
    public required string FileName { get; init; }

    /// <summary>Its arguments; no secret is among them.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Variables to set; it needs no other, and what the supervisor adds does no harm.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The folder to start it in.</summary>
    public string WorkingDirectory => cluster.Folder;

    /// <summary>The cluster's data folder.</summary>
    public string DataFolder => cluster.Folder;

    /// <summary>The port on 127.0.0.1 that the server will listen on.</summary>
    public required int Port { get; init; }

    /// <summary>The superuser's name.</summary>
    public string UserName => "postgres";

    /// <summary>The superuser's password: random, made with the cluster and kept in it, in a file that only its owner reads.</summary>
    public string Password => cluster.Password;

    /// <summary>Whether this build ships a PostgreSQL for this platform.</summary>
    public static bool IsAvailable => PostgresServer.IsAvailable;

    /// <summary>
    /// Prepares the programs and the data folder where they are new, and chooses the port: that of the options, else the one
    /// the folder was served on last where it is free, else a free one. Starts nothing.
    /// </summary>
    /// <param name="options"><see cref="PostgresServerOptions.DataFolder"/> is needed.</param>
    /// <param name="cancellationToken">Stops preparing.</param>
    /// <exception cref="EmbeddedPostgresException">initdb failed, the folder holds something else, or a server runs over it.</exception>
    public static async Task<PostgresCommand> PrepareAsync(PostgresServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.DataFolder, nameof(options));
        PostgresSettings.Check(options.Settings);
        bool fsync = options.Fsync ?? true;
        PostgresFiles files = await Task.Run(PostgresFiles.Materialise, cancellationToken).ConfigureAwait(false);
        PostgresCluster cluster = await PostgresCluster.OpenAsync(files, options.DataFolder, fsync, cancellationToken).ConfigureAwait(false);
        await WaitUntilFreeAsync(cluster.Folder, cancellationToken).ConfigureAwait(false);
        int port = options.Port ?? PostgresPort.Remembered(cluster.Folder);
        var environment = new Dictionary<string, string?>();
        PostgresLaunch.SetEnvironment(environment, files, cluster.Folder);
        List<string> command =
        [
            .. PostgresLaunch.UnderSupervisor(), .. PostgresLaunch.AsUser(cluster.Folder), files.Program("postgres"),
            .. PostgresSettings.Arguments(cluster.Folder, port, fsync, options.Settings),
        ];
        return new PostgresCommand(cluster)
        {
            FileName = command[0],
            Arguments = command[1..],
            Environment = environment.ToDictionary(v => v.Key, v => v.Value!),
            Port = port,
        };
    }

    /// <summary>Connects the superuser to a database of the cluster; holds the password.</summary>
    public string ConnectionStringFor(string database) => cluster.ConnectionStringFor(database, Port);

    /// <summary>Names the folder and the port, never the password.</summary>
    public override string ToString() => $"PostgreSQL over '{DataFolder}' on 127.0.0.1:{Port}";

    // The server of a supervisor that has just crashed may still be shutting down.
    private static async Task WaitUntilFreeAsync(string folder, CancellationToken cancellationToken)
    {
        long busyUntil = System.Environment.TickCount64 + (long)BusyFolderTimeout.TotalMilliseconds;
        while (PostgresCluster.RunningServer(folder) is { } process)
        {
            if (System.Environment.TickCount64 > busyUntil)
                throw new EmbeddedPostgresException($"A PostgreSQL server (process {process}) runs over the data folder '{folder}'; stop it, or choose another folder.");
            await Task.Delay(BusyFolderInterval, cancellationToken).ConfigureAwait(false);
        }
    }
}
