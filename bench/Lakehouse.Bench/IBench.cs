using System.Globalization;

namespace Lakehouse.Bench;

/// <summary>One line, or a few, of the bench table: our way of doing a thing beside a named yardstick.</summary>
internal interface IBench
{
    /// <summary>The name it is asked for by on the command line.</summary>
    string Name { get; }

    /// <summary>What is measured, in one line for <c>--help</c>.</summary>
    string Summary { get; }

    /// <summary>Prepares its data in <see cref="BenchContext.Folder"/>, measures, and says what it saw.</summary>
    Task<IReadOnlyList<Figure>> RunAsync(BenchContext context);
}

/// <summary>What a bench gets to work with.</summary>
/// <param name="Folder">An empty folder of its own, deleted afterwards.</param>
/// <param name="Quick">Little data and few pairs: a check that the bench works, not a measurement.</param>
/// <param name="Progress">Where it says what it is doing (standard error).</param>
/// <param name="Cancellation">Ctrl-C.</param>
internal sealed record BenchContext(string Folder, bool Quick, TextWriter Progress, CancellationToken Cancellation)
{
    /// <summary>One of two sizes.</summary>
    public int Size(int full, int quick) => Quick ? quick : full;

    /// <summary>A whole number from the environment; null where it is not set.</summary>
    public static int? Setting(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;

    /// <summary>A path below <see cref="Folder"/>.</summary>
    public string PathOf(string name) => Path.Combine(Folder, name);
}

/// <summary>A bench cannot run here, or the two sides gave different answers; the message says which, and what to do.</summary>
internal sealed class BenchException(string message) : Exception(message);
