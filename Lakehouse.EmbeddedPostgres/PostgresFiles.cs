using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Lakehouse.EmbeddedPostgres;

/// <summary>
/// PostgreSQL's programs in a folder from which they can run: npm packs neither symbolic links nor reliable file modes,
/// and the build's output folder may be closed to the unprivileged user that a root process runs the server as.
/// </summary>
internal sealed class PostgresFiles
{
    private const string SymbolicLinks = "pg-symlinks.json";

    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private PostgresFiles(string folder) => Folder = folder;

    /// <summary>The package as the build ships it.</summary>
    public static string PackedFolder => Path.Combine(AppContext.BaseDirectory, "postgresql");

    /// <summary>The folder that holds <c>bin</c>, <c>lib</c> and <c>share</c>, ready to run.</summary>
    public string Folder { get; }

    /// <summary>The folder of the shared libraries that the programs load.</summary>
    public string Libraries => Path.Combine(Folder, "lib");

    /// <summary>The path of one of the programs (<c>initdb</c>, <c>pg_ctl</c>, <c>postgres</c>).</summary>
    public string Program(string name) => Path.Combine(Folder, "bin", OperatingSystem.IsWindows() ? name + ".exe" : name);

    /// <summary>
    /// Materialises the package once per version and user. Complete or absent: the folder appears by a rename, and a
    /// folder that lost files since (a cache cleaner, a power failure) is built again.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">The build ships no PostgreSQL, or the cache folder cannot be written.</exception>
    public static PostgresFiles Materialise()
    {
        if (!Directory.Exists(Path.Combine(PackedFolder, "bin")))
            throw new EmbeddedPostgresException($"This build ships no PostgreSQL (no folder '{PackedFolder}'); build it for one of the supported platforms, or use a PostgreSQL of your own by its connection string.");
        List<PackedFile> files = ListPacked();
        string root = PostgresCache.Folder("postgresql");
        string folder = Path.Combine(root, Key(files));
        if (IsComplete(folder, files)) return new PostgresFiles(folder);
        try
        {
            using FileStream alone = PostgresCache.Lock(Path.Combine(root, ".lock"));
            if (IsComplete(folder, files)) return new PostgresFiles(folder);
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            string partial = Path.Combine(root, $".{Path.GetFileName(folder)}.{Path.GetRandomFileName()}");
            Copy(files, partial);
            CreateSymbolicLinks(partial);
            Directory.Move(partial, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException($"PostgreSQL's programs could not be copied to '{root}': {e.Message} Free some space, or name another folder in {PostgresCache.Variable}.", e);
        }
        return new PostgresFiles(folder);
    }

    private static List<PackedFile> ListPacked()
    {
        var files = new List<PackedFile>();
        foreach (FileInfo file in new DirectoryInfo(PackedFolder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (file.LinkTarget is null)
                files.Add(new PackedFile(Path.GetRelativePath(PackedFolder, file.FullName), file.Length));
        }
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return files;
    }

    // The server's own bytes and the names and sizes of everything beside it tell versions apart; hashing all the data
    // would cost more than the start of the server.
    private static string Key(List<PackedFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (PackedFile file in files)
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{file.Path}\n{file.Length}\n")));
        string server = Path.Combine(PackedFolder, "bin", OperatingSystem.IsWindows() ? "postgres.exe" : "postgres");
        using (FileStream stream = File.OpenRead(server))
            hash.AppendData(SHA256.HashData(stream));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private static bool IsComplete(string folder, List<PackedFile> files)
    {
        foreach (PackedFile file in files)
        {
            var copy = new FileInfo(Path.Combine(folder, file.Path));
            if (!copy.Exists || copy.Length != file.Length) return false;
        }
        return true;
    }

    private static void Copy(List<PackedFile> files, string folder)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (PackedFile file in files)
        {
            string target = Path.Combine(folder, file.Path);
            string parent = Path.GetDirectoryName(target)!;
            for (string above = parent; above.Length >= folder.Length && folders.Add(above); above = Path.GetDirectoryName(above)!)
            {
                Directory.CreateDirectory(above);
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(above, Executable);
            }
            File.Copy(Path.Combine(PackedFolder, file.Path), target);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(target, file.Path.StartsWith("bin", StringComparison.Ordinal) ? Executable : Readable);
        }
    }

    // Entries name paths of the npm package ("native/lib/libpq.so.5"); a link holds its neighbour's bare name.
    private static void CreateSymbolicLinks(string folder)
    {
        string list = Path.Combine(folder, SymbolicLinks);
        if (!File.Exists(list)) return;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(list));
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
        {
            string source = InPackage(entry.GetProperty("source").GetString()!);
            string link = Path.Combine(folder, InPackage(entry.GetProperty("target").GetString()!));
            string relative = Path.GetRelativePath(Path.GetDirectoryName(link)!, Path.Combine(folder, source));
            if (!File.Exists(link)) File.CreateSymbolicLink(link, relative);
        }
    }

    private static string InPackage(string path)
    {
        const string Prefix = "native/";
        if (!path.StartsWith(Prefix, StringComparison.Ordinal) || path.Split('/').Contains(".."))
            throw new EmbeddedPostgresException($"The PostgreSQL package lists a link outside itself: '{path}' in {SymbolicLinks}.");
        return path[Prefix.Length..];
    }

    private readonly record struct PackedFile(string Path, long Length);
}
