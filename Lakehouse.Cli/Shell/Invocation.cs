using System.CommandLine;

namespace Lakehouse.Cli.Shell;

/// <summary>How System.CommandLine invokes a command here.</summary>
public static class Invocation
{
    /// <summary>
    /// <see cref="CliCommand"/> explains errors and <see cref="Interruption"/> owns the signals, so the library does
    /// neither: its own handlers would print stack traces and end the process before a clean stop.
    /// </summary>
    public static InvocationConfiguration Plain { get; } = new()
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
    };
}
