using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Lakehouse.EmbeddedPostgres;

/// <summary>
/// A data folder made by initdb, with the superuser's password beside the data in a file that only its owner reads.
/// It exists completely or not at all: initdb runs in a neighbour folder, which is then renamed.
/// </summary>
internal sealed class PostgresCluster : IDisposable
{
    private const string PasswordFile = "lakehouse.password";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string InstancePrefix = "cluster-";

    private readonly string? temporary;
    private readonly FileStream? owned;

    private PostgresCluster(string folder, string password, string? temporary, FileStream? owned)
    {
        Folder = folder;
        Password = password;
        this.temporary = temporary;
        this.owned = owned;
    }

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>The password of the superuser <c>postgres</c>: random, made with the cluster.</summary>
    public string Password { get; }

    /// <summary>Whether the cluster goes when it is disposed.</summary>
    public bool IsTemporary => temporary is not null;

    /// <summary>Connects the superuser to a database of the cluster's server on 127.0.0.1; holds the password.</summary>
    public string ConnectionStringFor(string database, int port) => new NpgsqlConnectionStringBuilder
    {
        Host = IPAddress.Loopback.ToString(),
        Port = port,
        Username = "postgres",
        Password = Password,
        Database = database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>Opens the cluster in the folder, or makes it.</summary>
    /// <exception cref="EmbeddedPostgresException">initdb failed, or the folder holds something else.</exception>
    public static async Task<PostgresCluster> OpenAsync(PostgresFiles files, string? dataFolder, bool sync, CancellationToken cancellationToken)
    {
        if (dataFolder is null) return await CreateTemporaryAsync(files, sync, cancellationToken).ConfigureAwait(false);
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataFolder));
        if (File.Exists(Path.Combine(folder, "PG_VERSION")))
        {
            string passwordFile = Path.Combine(folder, PasswordFile);
            if (!File.Exists(passwordFile))
                throw new EmbeddedPostgresException($"'{folder}' holds a PostgreSQL cluster that this program did not make (no file '{PasswordFile}' in it); choose another folder, or start that cluster yourself and use its connection string.");
            return new PostgresCluster(folder, (await File.ReadAllTextAsync(passwordFile, cancellationToken).ConfigureAwait(false)).Trim(), null, null);
        }
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new EmbeddedPostgresException($"'{folder}' is not empty and holds no PostgreSQL cluster; choose another folder.");
        string password = await CreateAsync(files, folder, sync, cancellationToken).ConfigureAwait(false);
        return new PostgresCluster(folder, password, null, null);
    }

    /// <summary>The process id of the server that runs over a data folder; null when none does.</summary>
    public static int? RunningServer(string folder)
    {
        // An orderly shutdown removes the file; a server that was killed leaves it, and its number may be another's by now.
        string pidFile = Path.Combine(folder, "postmaster.pid");
        try
        {
            string? first = File.Exists(pidFile) ? File.ReadLines(pidFile).FirstOrDefault() : null;
            if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int id)) return null;
            using var process = Process.GetProcessById(id);
            return process.ProcessName.StartsWith("postgres", StringComparison.OrdinalIgnoreCase) ? id : null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Deletes a temporary cluster; the server must have ended.</summary>
    public void Dispose()
    {
        owned?.Dispose();
        if (temporary is not null) Delete(temporary);
    }

    private static async Task<PostgresCluster> CreateTemporaryAsync(PostgresFiles files, bool sync, CancellationToken cancellationToken)
    {
        string root = PostgresCache.Folder("run");
        DeleteAbandoned(root);
        string instance = Path.Combine(root, InstancePrefix + Path.GetRandomFileName());
        // The lock comes first: a folder whose lock is free is taken for abandoned.
        FileStream owned = PostgresCache.Lock(instance + ".lock");
        Directory.CreateDirectory(instance);
        try
        {
            PostgresUser.Current?.Own(instance);
            string folder = Path.Combine(instance, "data");
            string password = await CreateAsync(files, folder, sync, cancellationToken).ConfigureAwait(false);
            return new PostgresCluster(folder, password, instance, owned);
        }
        catch
        {
            owned.Dispose();
            Delete(instance);
            throw;
        }
    }

    private static async Task<string> CreateAsync(PostgresFiles files, string folder, bool sync, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        string partial = $"{folder}.{Path.GetRandomFileName()}";
        string password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        try
        {
            CreatePrivateFolder(partial);
            string passwordFile = Path.Combine(partial, PasswordFile);
            WritePassword(passwordFile, password);
            string data = Path.Combine(partial, "data");
            string[] noSync = sync ? [] : ["--no-sync"];
            using (PostgresProcess initdb = await PostgresProcess.StartAsync(files, "initdb", partial,
                ["-D", data, "-U", "postgres", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--encoding=UTF8",
                 "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", .. noSync]).ConfigureAwait(false))
            {
                bool ended = false;
                try
                {
                    ended = await initdb.WaitForExitAsync(TimeSpan.FromSeconds(120), cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    if (!ended && !initdb.HasExited) initdb.Kill();
                }
                if (!ended || initdb.ExitCode != 0)
                    throw new EmbeddedPostgresException($"PostgreSQL could not make its data folder '{folder}'.{PostgresUser.HintFor(initdb.Output)} initdb said:{Environment.NewLine}{initdb.Output}");
            }
            File.Move(passwordFile, Path.Combine(data, PasswordFile));
            if (Directory.Exists(folder)) Directory.Delete(folder);
            Directory.Move(data, folder);
            return password;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException($"PostgreSQL's data folder '{folder}' cannot be made: {e.Message}", e);
        }
        finally
        {
            Delete(partial);
        }
    }

    private static void CreatePrivateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        PostgresUser.Current?.Own(folder);
    }

    private static void WritePassword(string path, string password)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Private;
        using (var stream = new FileStream(path, options))
            stream.Write(Encoding.ASCII.GetBytes(password));
        PostgresUser.Current?.Own(path);
    }

    // A process that was killed leaves its temporary cluster behind; its lock went with it.
    private static void DeleteAbandoned(string root)
    {
        foreach (string instance in Directory.EnumerateDirectories(root, InstancePrefix + "*"))
        {
            string lockFile = instance + ".lock";
            if (!File.Exists(lockFile)) continue;   // just being made, or just being deleted
            using FileStream? abandoned = PostgresCache.TryLock(lockFile);
            if (abandoned is not null && RunningServer(Path.Combine(instance, "data")) is null) Delete(instance);
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            File.Delete(folder + ".lock");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be deleted now is abandoned, and deleted by a later start.
        }
    }
}
