namespace Lakehouse.ServiceDefaults.Hosting;

/// <summary>The frame of a service's <c>Program.cs</c>.</summary>
public static class ServiceProgram
{
    /// <summary>The exit code of a service whose configuration is missing or wrong.</summary>
    public const int Misconfigured = 2;

    /// <summary>Runs a service. A wrong configuration ends in one sentence on the error stream, not in a stack trace.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(Func<Task> service)
    {
        ArgumentNullException.ThrowIfNull(service);
        try
        {
            await service().ConfigureAwait(false);
            return 0;
        }
        catch (ServiceConfigurationException error)
        {
            await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            return Misconfigured;
        }
    }
}
