namespace Lakehouse.Hosting;

/// <summary>Where a resource of the platform runs (docs/aspire.md, "Placements").</summary>
public enum Placement
{
    /// <summary>From this build's own parts, or not at all where our services do its work: no installation, no containers.</summary>
    Embedded,

    /// <summary>From an installation on this machine (<c>KAFKA_HOME</c>, <c>SPARK_HOME</c> …) or at a connection string.</summary>
    Local,

    /// <summary>As a container; always so in what is published.</summary>
    Containers,
}

/// <summary>How a resource is placed, and whether it was asked for by name.</summary>
/// <param name="Placement">The placement.</param>
/// <param name="IsDemanded">
/// True when the resource itself was named (<c>--placement:kafka=local</c>): what cannot be had is then an error. A placement of
/// all resources (<c>--placement local</c>) leaves out, or embeds, what is not installed.
/// </param>
public readonly record struct PlacementChoice(Placement Placement, bool IsDemanded);
