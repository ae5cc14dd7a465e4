namespace Lakehouse.Cli.Demo;

/// <summary>What <c>lakehouse demo</c> was asked to show.</summary>
public sealed record DemoOptions
{
    /// <summary>Size of the sample business; 1 is about a million rows.</summary>
    public required double Scale { get; init; }

    /// <summary>What its rows and changes are drawn from.</summary>
    public required int Seed { get; init; }

    /// <summary>Row changes a second while streaming.</summary>
    public required double Rate { get; init; }

    /// <summary>How long changes stream.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The folder that keeps the database and the lake; null for a temporary one.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Whether a temporary lake stays.</summary>
    public bool Keep { get; init; }
}
