using System.Diagnostics;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>What the processes of one Airflow share: its home, its settings, its first preparation.</summary>
internal sealed class AirflowSettings(string environment, string home, string dags, EndpointReference api, ParameterResource secret)
{
    /// <summary>The processes beside the API server, by role.</summary>
    public static IReadOnlyList<(string Role, string[] Arguments)> Workers { get; } =
        [("scheduler", ["scheduler", "--skip-serve-logs"]), ("dag-processor", ["dag-processor"])];

    /// <summary>Sets the variables by which Airflow is configured.</summary>
    public void Apply(EnvironmentCallbackContext context)
    {
        Dictionary<string, object> variables = context.EnvironmentVariables;
        foreach ((string name, string value) in Fixed()) variables[name] = value;
        variables["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = ReferenceExpression.Create($"{api.Property(EndpointProperty.Url)}/execution/");
        variables["AIRFLOW__API_AUTH__JWT_SECRET"] = secret;
        variables["AIRFLOW__API__SECRET_KEY"] = secret;
    }

    /// <summary>Brings the metadata database to the installed version and sets the password of the user <c>admin</c>.</summary>
    /// <exception cref="DistributedApplicationException">The migration failed; the message holds the end of what it said.</exception>
    public async Task PrepareAsync(string program, string password, CancellationToken cancellationToken)
    {
        string passwords = Path.Combine(home, "simple_auth_manager_passwords.json.generated");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var file = new FileStream(passwords, options))
            await JsonSerializer.SerializeAsync(file, new Dictionary<string, string> { ["admin"] = password }, cancellationToken: cancellationToken).ConfigureAwait(false);

        var start = new ProcessStartInfo(program, ["db", "migrate"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = home };
        foreach ((string name, string value) in Fixed()) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken), errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        string said = (await output.ConfigureAwait(false)) + (await errors.ConfigureAwait(false));
        if (process.ExitCode != 0)
            throw new DistributedApplicationException($"Airflow could not prepare its database below '{home}' (exit code {process.ExitCode}): {said[^Math.Min(said.Length, 1000)..].Trim()}");
    }

    private Dictionary<string, string> Fixed() => new(StringComparer.Ordinal)
    {
        ["AIRFLOW_HOME"] = home,
        ["PATH"] = Path.Combine(environment, "bin") + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"),
        ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False",
        ["AIRFLOW__CORE__DAGS_FOLDER"] = dags,
        ["AIRFLOW__CORE__EXECUTOR"] = "LocalExecutor",
        ["AIRFLOW__CORE__PARALLELISM"] = "2",
        ["AIRFLOW__API__HOST"] = "127.0.0.1",
        ["AIRFLOW__API__WORKERS"] = "1",
        ["AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL"] = "5",
        ["AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL"] = "5",
        ["AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES"] = "1",
    };
}
