namespace Lakehouse.Api.Sandbox;

/// <summary>A query failed in its sandbox.</summary>
public sealed class SandboxFailedException(SandboxError error) : Exception(error.Message)
{
    public SandboxError Error => error;
}

/// <summary>A query's time was up, and its process was killed.</summary>
public sealed class SandboxTimeoutException(TimeSpan limit) : Exception($"The query did not answer within {limit.TotalSeconds:0.###} seconds and was stopped.")
{
    public TimeSpan Limit => limit;
}

/// <summary>A query's process ended without an answer: killed from outside, or by its own doing.</summary>
public sealed class SandboxDiedException(int? exitCode) : Exception($"The query's process ended unexpectedly{(exitCode is { } code ? $" (exit code {code})" : "")}.")
{
    /// <summary>The exit code; 128 + n for signal n.</summary>
    public int? ExitCode => exitCode;
}

/// <summary>Too many queries are running and waiting.</summary>
public sealed class SandboxBusyException(int running, int queued) : Exception($"{running} queries are running and {queued} are waiting; try again shortly.");
