namespace Lakehouse.EmbeddedPostgres;

/// <summary>What stands before a program of PostgreSQL on its command line, and its environment.</summary>
internal static class PostgresLaunch
{
    // A supervisor asks a program to end with SIGTERM. That is PostgreSQL's smart shutdown, which waits for every client to
    // leave; SIGINT is the fast one. A shell has one thread, so the kernel's parent-death signal means it alone.
    private const string FastShutdown =
        """
        "$@" & server=$!
        trap 'kill -INT "$server" 2>/dev/null' TERM INT HUP
        wait "$server"; code=$?
        while kill -0 "$server" 2>/dev/null; do wait "$server"; code=$?; done
        exit "$code"
        """;

    /// <summary>Takes the program out of our terminal's process group, so that a Ctrl-C is ours to answer first. The process id stays.</summary>
    public static IEnumerable<string> Session() =>
        !OperatingSystem.IsWindows() && FindOnPath("setsid") is { } setsid ? [setsid] : [];

    /// <summary>Runs the rest of the command line so that SIGTERM is a fast shutdown; nothing on Windows, which has no signals.</summary>
    public static IEnumerable<string> UnderSupervisor() => OperatingSystem.IsWindows() ? [] : ["/bin/sh", "-c", FastShutdown, "postgres"];

    /// <summary>
    /// Changes to the user that may run PostgreSQL, and asks the kernel to interrupt the program when its parent ends. The
    /// process id stays.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">This is root, and cannot become another user.</exception>
    public static IEnumerable<string> AsUser(string workingFolder)
    {
        if (OperatingSystem.IsWindows()) return [];
        PostgresUser? user = PostgresUser.Current;
        if (FindOnPath("setpriv") is not { } setpriv)
        {
            return user is null
                ? []
                : throw new EmbeddedPostgresException("PostgreSQL refuses to run as root, and 'setpriv' (package util-linux), which starts it as another user, was not found: install it, or run as an ordinary user.");
        }
        IEnumerable<string> change = user is null
            ? []
            : [$"--reuid={user.UserId}", $"--regid={user.GroupId}", "--clear-groups", .. user.RightsFor(workingFolder)];
        return [setpriv, .. change, "--pdeathsig=INT", "--"];
    }

    /// <summary>Makes an environment the program's own. Nothing of ours leaks into the server: PGDATA, PGOPTIONS, LC_* and secrets of the parent would.</summary>
    public static void SetEnvironment(IDictionary<string, string?> environment, PostgresFiles files, string workingFolder)
    {
        if (OperatingSystem.IsWindows())
        {
            foreach (string name in environment.Keys.Where(n => n.StartsWith("PG", StringComparison.OrdinalIgnoreCase)).ToList())
                environment.Remove(name);
            return;
        }
        environment.Clear();
        environment["PATH"] = "/usr/bin:/bin";
        environment["HOME"] = workingFolder;
        environment["LC_ALL"] = "C";
        environment["TZ"] = "UTC";
        environment[OperatingSystem.IsMacOS() ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH"] = files.Libraries;
    }

    private static string? FindOnPath(string program)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/bin").Append("/bin")
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
    }
}
