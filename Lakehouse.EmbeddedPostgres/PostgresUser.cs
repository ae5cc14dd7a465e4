using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Lakehouse.EmbeddedPostgres;

/// <summary>
/// The user that the server runs as. PostgreSQL refuses root, so a root process on Linux hands it to <c>nobody</c>;
/// everybody else runs it themselves (<see cref="Current"/> is null).
/// </summary>
internal sealed record PostgresUser(int UserId, int GroupId)
{
    private const string Name = "nobody";

    /// <summary>CAP_DAC_READ_SEARCH, capabilities(7).</summary>
    private const int PassAnyFolder = 2;

    /// <summary>The user to change to, or null when the server runs as this process's own user.</summary>
    /// <exception cref="EmbeddedPostgresException">This is root on a system where changing the user is not possible.</exception>
    public static PostgresUser? Current { get; } = Find();

    /// <summary>Gives a file or folder to this user.</summary>
    /// <exception cref="EmbeddedPostgresException">The owner cannot be changed.</exception>
    public void Own(string path)
    {
        if (chown(path, UserId, GroupId) != 0)
            throw new EmbeddedPostgresException($"'{path}' cannot be given to the user '{Name}', as whom PostgreSQL runs: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
    }

    /// <summary>
    /// setpriv's options that let this user reach a folder of its own below one that only root may enter, such as
    /// <c>/root</c> or a private temporary folder. Nothing where everybody may enter, or where root lacks the right itself.
    /// </summary>
    public IEnumerable<string> RightsFor(string folder)
    {
        if (OperatingSystem.IsWindows()) return [];
        for (string? parent = Path.GetDirectoryName(folder); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if ((File.GetUnixFileMode(parent) & UnixFileMode.OtherExecute) == 0)
                return MayPassAnyFolder() ? ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"] : [];
        }
        return [];
    }

    /// <summary>What a failure of the server for want of rights means, for error messages.</summary>
    public static string HintFor(string output) =>
        Current is not null && output.Contains("Permission denied", StringComparison.Ordinal)
            ? $" This process is root, so PostgreSQL runs as '{Name}': choose a folder whose parents everybody may enter (chmod o+x), or run as an ordinary user."
            : "";

    private static bool MayPassAnyFolder()
    {
        const string effective = "CapEff:";
        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(effective, StringComparison.Ordinal));
        return line is not null && (ulong.Parse(line.AsSpan(effective.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> PassAnyFolder & 1) == 1;
    }

    private static PostgresUser? Find()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return null;
        if (!OperatingSystem.IsLinux())
            throw new EmbeddedPostgresException("PostgreSQL refuses to run as root; start this program as an ordinary user.");
        foreach (string line in File.ReadLines("/etc/passwd"))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 3 && fields[0] == Name)
                return new PostgresUser(int.Parse(fields[2], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture));
        }
        throw new EmbeddedPostgresException($"PostgreSQL refuses to run as root, and this system has no user '{Name}' to run it as; start this program as an ordinary user.");
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int chown(string path, int owner, int group);
}
