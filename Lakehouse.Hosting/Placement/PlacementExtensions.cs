using System.Runtime.CompilerServices;
using Aspire.Hosting;

namespace Lakehouse.Hosting;

/// <summary>Reads the placements that the command line, the environment or a launch profile ask for.</summary>
public static class PlacementExtensions
{
    private const string Auto = "auto";
    private static readonly ConditionalWeakTable<IDistributedApplicationBuilder, Lazy<bool>> Engines = new();

    /// <summary>
    /// The placement of a resource: <c>placement:NAME</c>, else <c>placement</c>, else <c>auto</c>, which means containers where a
    /// container engine answers and embedded parts elsewhere. What is published is made of containers, whatever is asked for; a
    /// resource counts as demanded there when it is named.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="resource">The resource's name.</param>
    /// <exception cref="DistributedApplicationException">The value is none of <c>auto</c>, <c>embedded</c>, <c>local</c>, <c>containers</c>.</exception>
    public static PlacementChoice PlacementOf(this IDistributedApplicationBuilder builder, string resource)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(resource);
        string? own = builder.Configuration[$"placement:{resource}"];
        string value = own ?? builder.Configuration["placement"] ?? Auto;
        Placement? asked = Parse(value, own is null ? "placement" : $"placement:{resource}");
        if (builder.ExecutionContext.IsPublishMode) return new PlacementChoice(Placement.Containers, own is not null);
        return asked is { } placement
            ? new PlacementChoice(placement, own is not null)
            : new PlacementChoice(HasContainers(builder) ? Placement.Containers : Placement.Embedded, IsDemanded: false);
    }

    /// <summary>
    /// Whether an engine that our services can do without is left out: of what is published, unless it is named
    /// (<c>--placement:spark=containers</c>). A deployment pays for what it runs, and nobody would use it.
    /// </summary>
    internal static bool IsLeftOut(this IDistributedApplicationBuilder builder, PlacementChoice choice) =>
        builder.ExecutionContext.IsPublishMode && !choice.IsDemanded;

    private static Placement? Parse(string value, string setting)
    {
        if (value.Equals(Auto, StringComparison.OrdinalIgnoreCase)) return null;
        // Enum.TryParse takes numbers as well, which nobody means.
        foreach (Placement placement in Enum.GetValues<Placement>())
            if (value.Equals(placement.ToString(), StringComparison.OrdinalIgnoreCase)) return placement;
        throw new DistributedApplicationException($"'{value}' is no placement (setting '{setting}'). Choose auto, embedded, local or containers.");
    }

    private static bool HasContainers(IDistributedApplicationBuilder builder) =>
        Engines.GetValue(builder, static b => new Lazy<bool>(() => ContainerEngine.Answers(b.Configuration))).Value;
}
