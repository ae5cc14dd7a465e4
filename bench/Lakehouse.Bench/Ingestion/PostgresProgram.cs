using System.Diagnostics;
using Npgsql;

namespace Lakehouse.Bench.Ingestion;

/// <summary>PostgreSQL's own client programs, whose speed the ingestion is held against. The embedded server comes without them.</summary>
internal static class PostgresProgram
{
    private const string Versions = "/usr/lib/postgresql";

    /// <summary>Runs a program against a database until it ends, and gives the seconds that it took.</summary>
    /// <exception cref="BenchException">It is not installed, or failed.</exception>
    public static async Task<double> TimeAsync(string program, string connectionString, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(Find(program), arguments) { RedirectStandardError = true };
        start.Environment["PGHOST"] = connection.Host;
        start.Environment["PGPORT"] = connection.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = connection.Username;
        start.Environment["PGPASSWORD"] = connection.Password;
        start.Environment["PGDATABASE"] = connection.Database;
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        try
        {
            string errors = await process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? Stopwatch.GetElapsedTime(began).TotalSeconds
                : throw new BenchException($"{program} failed with exit code {process.ExitCode}: {errors.Trim()}");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    private static string Find(string program)
    {
        IEnumerable<string> path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        // Debian puts the servers' programs beside the path, newest last.
        IEnumerable<string> debian = Directory.Exists(Versions) ? Directory.EnumerateDirectories(Versions).OrderDescending().Select(version => Path.Combine(version, "bin")) : [];
        return path.Concat(debian).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new BenchException($"{program} is the yardstick and is not installed: apt-get install postgresql-client (or put the PostgreSQL client programs on the PATH).");
    }
}
