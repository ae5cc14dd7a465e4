using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Lakehouse.EmbeddedPostgres;

/// <summary>The settings that every server of ours runs with, as arguments of <c>postgres</c>. They hold no secret.</summary>
internal static partial class PostgresSettings
{
    /// <summary>Refuses names that are none of a setting's: they would become something else on the command line.</summary>
    /// <exception cref="EmbeddedPostgresException">A name is wrong.</exception>
    public static void Check(IReadOnlyDictionary<string, string> settings)
    {
        foreach ((string name, string _) in settings)
        {
            if (!SettingName().IsMatch(name))
                throw new EmbeddedPostgresException($"'{name}' is no name of a PostgreSQL setting.");
        }
    }

    /// <summary>The arguments of <c>postgres</c> over a data folder.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="port">The port on 127.0.0.1.</param>
    /// <param name="fsync">Whether commits survive a power failure.</param>
    /// <param name="settings">The caller's settings; they win over the built-in ones, but for where the server listens.</param>
    public static IReadOnlyList<string> Arguments(string folder, int port, bool fsync, IReadOnlyDictionary<string, string> settings)
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["wal_level"] = "logical",
            ["max_wal_senders"] = "10",
            ["max_replication_slots"] = "10",
            ["max_connections"] = "50",
            ["shared_buffers"] = "64MB",
            ["jit"] = "off",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["log_checkpoints"] = "off",
            // Statements may hold secrets, and the log goes into error messages.
            ["log_min_error_statement"] = "panic",
            // Lies in the data folder and so goes with it, even after a crash.
            ["dynamic_shared_memory_type"] = OperatingSystem.IsWindows() ? "windows" : "mmap",
        };
        if (!fsync)
        {
            all["fsync"] = "off";
            all["full_page_writes"] = "off";
        }
        foreach ((string name, string value) in settings) all[name] = value;
        all["listen_addresses"] = IPAddress.Loopback.ToString();
        all["port"] = port.ToString(CultureInfo.InvariantCulture);
        all["unix_socket_directories"] = "";
        return [.. all.SelectMany(s => new[] { "-c", $"{s.Key}={s.Value}" }), "-D", folder];
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex SettingName();
}
