using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>
/// The user that the server runs as. PostgreSQL refuses root, so a root process on Linux hands it to <c>nobody</c>;
/// everybody else runs it themselves (<see cref="Current"/> is null).
/// </summary>
internal sealed record EmbeddedPostgresUser(int UserId, int GroupId)
{
    private const string Name = "nobody";

    /// <summary>The user to change to, or null when the server runs as this process's own user.</summary>
    /// <exception cref="EmbeddedPostgresException">This is root on a system where changing the user is not possible.</exception>
    public static EmbeddedPostgresUser? Current { get; } = Find();

    /// <summary>Gives a file or folder to this user.</summary>
    /// <exception cref="EmbeddedPostgresException">The owner cannot be changed.</exception>
    public void Own(string path)
    {
        if (chown(path, UserId, GroupId) != 0)
            throw new EmbeddedPostgresException($"'{path}' cannot be given to the user '{Name}', as whom PostgreSQL runs: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
    }

    /// <summary>What a failure of the server for want of rights means, for error messages.</summary>
    public static string HintFor(string output) =>
        Current is not null && output.Contains("Permission denied", StringComparison.Ordinal)
            ? $" This process is root, so PostgreSQL runs as '{Name}': choose a folder whose parents everybody may enter (chmod o+x), or run as an ordinary user."
            : "";

    private static EmbeddedPostgresUser? Find()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return null;
        if (!OperatingSystem.IsLinux())
            throw new EmbeddedPostgresException("PostgreSQL refuses to run as root; start this program as an ordinary user.");
        foreach (string line in File.ReadLines("/etc/passwd"))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 3 && fields[0] == Name)
                return new EmbeddedPostgresUser(int.Parse(fields[2], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture));
        }
        throw new EmbeddedPostgresException($"PostgreSQL refuses to run as root, and this system has no user '{Name}' to run it as; start this program as an ordinary user.");
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int chown(string path, int owner, int group);
}
