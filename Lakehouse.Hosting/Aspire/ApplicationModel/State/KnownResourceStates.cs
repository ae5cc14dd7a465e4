namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states that the orchestrator sets and the dashboard knows.</summary>
public static class KnownResourceStates
{
    [Obsolete("Use CustomResourceSnapshot.IsHidden instead.")]
    public static readonly string Hidden = "Hidden";

    public static readonly string NotStarted = "NotStarted";

    /// <summary>For others to become ready.</summary>
    public static readonly string Waiting = "Waiting";
    public static readonly string Building = "Building";
    public static readonly string Starting = "Starting";
    public static readonly string Running = "Running";
    public static readonly string RuntimeUnhealthy = "RuntimeUnhealthy";
    public static readonly string Stopping = "Stopping";

    /// <summary>Stopped, by request or by a crash.</summary>
    public static readonly string Exited = "Exited";

    /// <summary>Ran to its end.</summary>
    public static readonly string Finished = "Finished";
    public static readonly string FailedToStart = "FailedToStart";
    public static readonly string Active = "Active";

    /// <summary>A parameter that nobody gave a value.</summary>
    public static readonly string ValueMissing = "ValueMissing";

    /// <summary>The states that only a start ends.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];

    /// <summary>The states in which a project may be built again.</summary>
    public static readonly IReadOnlyList<string> BuildableStates = [Running, Waiting, Finished, FailedToStart, Exited];
}

/// <summary>How the dashboard colours a state.</summary>
public static class KnownResourceStateStyles
{
    public static readonly string Success = "success";
    public static readonly string Info = "info";
    public static readonly string Warn = "warning";
    public static readonly string Error = "error";
}
