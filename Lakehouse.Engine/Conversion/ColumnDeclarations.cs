using System.Globalization;
using System.Text.RegularExpressions;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Conversion;

/// <summary>Columns as SQL declares them: names and simple types, with commas between them.</summary>
internal static partial class ColumnDeclarations
{
    private static readonly Dictionary<string, DeltaType> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["string"] = PrimitiveType.String,
        ["varchar"] = PrimitiveType.String,
        ["text"] = PrimitiveType.String,
        ["date"] = PrimitiveType.Date,
        ["timestamp"] = PrimitiveType.Timestamp,
        ["timestamp_ntz"] = PrimitiveType.TimestampNtz,
        ["boolean"] = PrimitiveType.Boolean,
        ["byte"] = PrimitiveType.Byte,
        ["tinyint"] = PrimitiveType.Byte,
        ["short"] = PrimitiveType.Short,
        ["smallint"] = PrimitiveType.Short,
        ["int"] = PrimitiveType.Integer,
        ["integer"] = PrimitiveType.Integer,
        ["long"] = PrimitiveType.Long,
        ["bigint"] = PrimitiveType.Long,
        ["float"] = PrimitiveType.Float,
        ["real"] = PrimitiveType.Float,
        ["double"] = PrimitiveType.Double,
        ["binary"] = PrimitiveType.Binary,
    };

    /// <summary>The columns.</summary>
    /// <exception cref="FormatException">A part of the text is no column with a type.</exception>
    public static IEnumerable<StructField> Parse(string text)
    {
        var at = 0;
        do
        {
            var match = Declaration().Match(text, at);
            if (!match.Success || match.Index != at) throw new FormatException($"'{text[at..].Trim()}' is no column with a type: write name TYPE, with commas between columns, such as day DATE, region STRING.");
            yield return new StructField(match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Groups["name"].Value, TypeOf(match));
            at = match.Index + match.Length;
        }
        while (at < text.Length);
    }

    private static DeltaType TypeOf(Match match)
    {
        var name = match.Groups["type"].Value;
        if (name.Equals("decimal", StringComparison.OrdinalIgnoreCase) || name.Equals("numeric", StringComparison.OrdinalIgnoreCase))
            return new DecimalType(Number(match.Groups["precision"], 10), Number(match.Groups["scale"], 0));
        return !match.Groups["precision"].Success && Types.TryGetValue(name, out var type)
            ? type
            : throw new FormatException($"'{match.Groups["type"].Value}' is no type that partitions have: they have {string.Join(", ", Types.Keys.Order(StringComparer.Ordinal))} or decimal(p, s).");
    }

    private static int Number(Group group, int otherwise) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : otherwise;

    [GeneratedRegex(@"\s*(?:[`""](?<quoted>[^`""]+)[`""]|(?<name>\w+))\s+(?<type>\w+)\s*(?:\(\s*(?<precision>\d+)\s*(?:,\s*(?<scale>\d+)\s*)?\)\s*)?(?:,|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Declaration();
}
