using System.Globalization;

namespace Lakehouse.Testing.Kills;

/// <summary>When a process dies.</summary>
public enum KillMoment
{
    /// <summary>At a call to the store, before its effect.</summary>
    Before,

    /// <summary>At a call that writes an object, half of which is on disk: in a file of the store's own.</summary>
    Within,

    /// <summary>At a call that writes, after its effect and before the writer hears of it.</summary>
    After,

    /// <summary>When any file would grow beyond a size: data files, which DuckDB writes past the store, are left half-written.</summary>
    Growing,
}

/// <summary>Where a process dies.</summary>
/// <param name="Moment">When.</param>
/// <param name="At">The number of the call, from 1; the size in bytes for <see cref="KillMoment.Growing"/>.</param>
public readonly record struct KillStep(KillMoment Moment, long At)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static KillStep Parse(string text) => text.Split(' ') is [var moment, var at]
        ? new KillStep(Enum.Parse<KillMoment>(moment), long.Parse(at, CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is no step.");

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Moment} {At}");
}
