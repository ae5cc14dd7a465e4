using Lakehouse.Ingestion.Sample;

namespace Lakehouse.Cli.Demo;

/// <summary>What <c>lakehouse demo</c> was asked to show.</summary>
public sealed record DemoOptions
{
    /// <summary>Size of the sample business; 1 is about a million rows. A business that is there already keeps its size.</summary>
    public required double Scale { get; init; }

    /// <summary>What its rows and changes are drawn from.</summary>
    public required int Seed { get; init; }

    /// <summary>Row changes a second while streaming.</summary>
    public required double Rate { get; init; }

    /// <summary>How long changes stream.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How changes are spread over time.</summary>
    public required SimulatorPattern Pattern { get; init; }

    /// <summary>The folder that keeps the database and the lake; null for a temporary one.</summary>
    public string? DataFolder { get; init; }
}
