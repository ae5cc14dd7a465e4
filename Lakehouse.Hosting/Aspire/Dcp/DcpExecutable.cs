namespace Aspire.Hosting.Dcp;

/// <summary>A process that DCP starts, watches and stops.</summary>
internal sealed class DcpExecutable : DcpObject<DcpExecutableSpec, DcpExecutableStatus>, IDcpKind
{
    static string IDcpKind.Kind => "Executable";

    static string IDcpKind.Plural => "executables";
}

internal sealed class DcpExecutableSpec
{
    public required string ExecutablePath { get; init; }

    public string? WorkingDirectory { get; init; }

    public IReadOnlyList<string>? Args { get; set; }

    public IReadOnlyList<DcpEnvironmentVariable>? Env { get; set; }

    public string ExecutionType { get; init; } = "Process";
}

internal sealed class DcpExecutableStatus
{
    public string? State { get; init; }

    public int? Pid { get; init; }

    public DateTime? StartupTimestamp { get; init; }

    public DateTime? FinishTimestamp { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Everything the process got, also what DCP's own process had.</summary>
    public IReadOnlyList<DcpEnvironmentVariable>? EffectiveEnv { get; init; }

    public IReadOnlyList<string>? EffectiveArgs { get; init; }
}

/// <summary>The states DCP gives executables and containers, as far as they are acted upon.</summary>
internal static class DcpStates
{
    public const string Running = "Running";
    public const string Terminated = "Terminated";
    public const string FailedToStart = "FailedToStart";
    public const string Finished = "Finished";
    public const string Exited = "Exited";
    public const string Pending = "Pending";

    public static bool IsTerminal(string? state) => state is Terminated or FailedToStart or Finished or Exited;
}
