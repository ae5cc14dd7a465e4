using System.Globalization;
using System.Numerics;

namespace Lakehouse.DuckDb;

/// <summary>
/// A DECIMAL of any width up to 38 digits: <c>Unscaled / 10^Scale</c>. <see cref="decimal"/> holds no more than 28 or 29
/// digits, so wider columns give this. Equality is of the value, whatever the scale.
/// </summary>
/// <param name="Unscaled">The digits without the point.</param>
/// <param name="Scale">How many of them are after the point.</param>
public readonly record struct DuckDbDecimal(Int128 Unscaled, byte Scale) : IComparable<DuckDbDecimal>
{
    private static readonly UInt128 s_most = (UInt128.One << 96) - 1;

    /// <summary>The digits needed, at least the scale and at least 1.</summary>
    public int Width => Math.Max(Math.Max(1, (int)Scale), Digits(Unscaled));

    /// <summary>From a .NET decimal, keeping its scale.</summary>
    public static DuckDbDecimal FromDecimal(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var magnitude = new UInt128((uint)bits[2], (ulong)(uint)bits[1] << 32 | (uint)bits[0]);
        return new(value < 0 ? -(Int128)magnitude : (Int128)magnitude, value.Scale);
    }

    /// <summary>As a .NET decimal, exactly.</summary>
    /// <exception cref="OverflowException">More digits than a .NET decimal holds.</exception>
    public decimal ToDecimal()
    {
        var unscaled = Unscaled;
        var scale = Scale;
        // Zeros at the end are no loss.
        while ((scale > 28 || UInt128.CreateTruncating(Int128.Abs(unscaled)) > s_most) && scale > 0 && unscaled % 10 == 0)
        {
            unscaled /= 10;
            scale--;
        }

        var magnitude = (UInt128)Int128.Abs(unscaled);
        if (scale > 28 || magnitude > s_most) throw new OverflowException($"{this} has more digits than System.Decimal holds; read it as {nameof(DuckDbDecimal)}.");
        return new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), unscaled < 0, scale);
    }

    /// <summary>The same value with another scale.</summary>
    /// <exception cref="OverflowException">Digits would be lost, or there would be more than 38.</exception>
    public DuckDbDecimal WithScale(byte scale)
    {
        var unscaled = (BigInteger)Unscaled;
        if (scale >= Scale) unscaled *= BigInteger.Pow(10, scale - Scale);
        else
        {
            unscaled = BigInteger.DivRem(unscaled, BigInteger.Pow(10, Scale - scale), out var lost);
            if (!lost.IsZero) throw new OverflowException($"{this} has more than {scale} digits after the point.");
        }

        if (BigInteger.Abs(unscaled) >= BigInteger.Pow(10, 38)) throw new OverflowException($"{this} has more than 38 digits at scale {scale}.");
        return new((Int128)unscaled, scale);
    }

    /// <summary>Reads digits with an optional sign and point.</summary>
    /// <exception cref="FormatException">Not a decimal number.</exception>
    /// <exception cref="OverflowException">More than 38 digits.</exception>
    public static DuckDbDecimal Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var point = text.IndexOf('.');
        var digits = point < 0 ? text : text.Remove(point, 1);
        var scale = point < 0 ? 0 : text.Length - point - 1;
        var unscaled = BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (scale > 38 || BigInteger.Abs(unscaled) >= BigInteger.Pow(10, 38)) throw new OverflowException($"'{text}' has more than 38 digits.");
        return new((Int128)unscaled, (byte)scale);
    }

    /// <inheritdoc/>
    public int CompareTo(DuckDbDecimal other) =>
        Scale == other.Scale
            ? Unscaled.CompareTo(other.Unscaled)
            : ((BigInteger)Unscaled * BigInteger.Pow(10, other.Scale)).CompareTo((BigInteger)other.Unscaled * BigInteger.Pow(10, Scale));

    /// <inheritdoc/>
    public bool Equals(DuckDbDecimal other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var unscaled = Unscaled;
        int scale = Scale;
        while (unscaled != 0 && scale > 0 && unscaled % 10 == 0)
        {
            unscaled /= 10;
            scale--;
        }

        return unscaled == 0 ? 0 : HashCode.Combine(unscaled, scale);
    }

    /// <summary>The digits with a point, in the invariant culture.</summary>
    public override string ToString()
    {
        var digits = UInt128.CreateChecked(Int128.Abs(Unscaled)).ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        if (Scale > 0) digits = digits.Insert(digits.Length - Scale, ".");
        return Unscaled < 0 ? "-" + digits : digits;
    }

    private static int Digits(Int128 value)
    {
        var digits = 0;
        for (; value != 0; value /= 10) digits++;
        return digits;
    }
}
