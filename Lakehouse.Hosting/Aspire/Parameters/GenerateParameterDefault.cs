using System.Security.Cryptography;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A random value, from the operating system's generator, of the kinds of characters that are allowed.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // Without characters that look alike; special ones are safe in connection strings and URLs' user info once encoded.
    private const string LowerCharacters = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperCharacters = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericCharacters = "0123456789";
    private const string SpecialCharacters = "-_.{}~()*+!";

    /// <summary>The length; more where the minima ask for more. 22 hold 128 bits.</summary>
    public int MinLength { get; set; } = 22;

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    public override void WriteToManifest(ManifestPublishingContext context)
    {
        context.Writer.WriteStartObject("generate");
        context.Writer.WriteNumber("minLength", MinLength);

        // What is as usual is not said.
        WriteUnlessTrue("lower", Lower);
        WriteUnlessTrue("upper", Upper);
        WriteUnlessTrue("numeric", Numeric);
        WriteUnlessTrue("special", Special);
        WriteUnlessZero("minLower", MinLower);
        WriteUnlessZero("minUpper", MinUpper);
        WriteUnlessZero("minNumeric", MinNumeric);
        WriteUnlessZero("minSpecial", MinSpecial);
        context.Writer.WriteEndObject();

        void WriteUnlessTrue(string name, bool value)
        {
            if (!value)
                context.Writer.WriteBoolean(name, false);
        }

        void WriteUnlessZero(string name, int value)
        {
            if (value > 0)
                context.Writer.WriteNumber(name, value);
        }
    }

    /// <summary>A new value each time.</summary>
    /// <exception cref="InvalidOperationException">Characters are asked for that are not allowed, or none are allowed.</exception>
    public override string GetDefaultValue()
    {
        (bool Allowed, int Minimum, string Characters)[] kinds =
            [(Lower, MinLower, LowerCharacters), (Upper, MinUpper, UpperCharacters), (Numeric, MinNumeric, NumericCharacters), (Special, MinSpecial, SpecialCharacters)];
        if (kinds.Any(kind => kind.Minimum < 0 || (!kind.Allowed && kind.Minimum > 0)))
            throw new InvalidOperationException("A generated value cannot hold a minimum of characters that it may not hold.");
        string all = string.Concat(kinds.Where(kind => kind.Allowed).Select(kind => kind.Characters));
        if (all.Length == 0)
            throw new InvalidOperationException("A generated value needs at least one kind of characters.");

        var value = new List<char>();
        foreach ((_, int minimum, string characters) in kinds)
            value.AddRange(RandomNumberGenerator.GetItems<char>(characters, minimum));
        value.AddRange(RandomNumberGenerator.GetItems<char>(all, Math.Max(0, MinLength - value.Count)));
        char[] mixed = [.. value];
        RandomNumberGenerator.Shuffle<char>(mixed);
        return new(mixed);
    }
}
