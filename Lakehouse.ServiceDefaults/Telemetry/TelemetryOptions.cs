namespace Lakehouse.ServiceDefaults.Telemetry;

/// <summary>Which activity sources and meters a service exports; client registrations add theirs.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>Activity sources. Those built into the runtime need no instrumentation packages.</summary>
    public HashSet<string> Sources { get; } = ["Microsoft.AspNetCore", "System.Net.Http", "Lakehouse.*"];

    /// <summary>Meters.</summary>
    public HashSet<string> Meters { get; } =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Lakehouse.*"];
}
