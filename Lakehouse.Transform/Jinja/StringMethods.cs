using System.Globalization;

namespace Lakehouse.Transform.Jinja;

/// <summary>The methods of Python's str that templates use.</summary>
internal static class StringMethods
{
    public static bool TryGet(string text, string name, out object? method)
    {
        Func<CallArguments, object?>? call = name switch
        {
            "lower" => _ => text.ToLowerInvariant(),
            "upper" => _ => text.ToUpperInvariant(),
            "title" => _ => Title(text),
            "capitalize" => _ => Capitalize(text),
            "strip" => a => Strip(text, a, left: true, right: true),
            "lstrip" => a => Strip(text, a, left: true, right: false),
            "rstrip" => a => Strip(text, a, left: false, right: true),
            "replace" => a => Replace(text, a, 0),
            "split" => a => Split(text, a),
            "splitlines" => _ => text.Split('\n').Cast<object?>().ToList(),
            "startswith" => a => Prefixes(a).Any(p => text.StartsWith(p, StringComparison.Ordinal)),
            "endswith" => a => Prefixes(a).Any(p => text.EndsWith(p, StringComparison.Ordinal)),
            "join" => a => string.Join(text, JinjaValue.ToList(a.Required(0, "iterable"), a.At).Select(JinjaValue.ToText)),
            "format" => a => Format(text, a),
            "find" => a => (long)text.IndexOf(a.RequiredString(0, "sub"), StringComparison.Ordinal),
            "count" => a => (long)(text.Split(a.RequiredString(0, "sub")).Length - 1),
            "isdigit" => _ => text.Length > 0 && text.All(char.IsDigit),
            "isupper" => _ => text.Any(char.IsLetter) && text == text.ToUpperInvariant(),
            "islower" => _ => text.Any(char.IsLetter) && text == text.ToLowerInvariant(),
            "zfill" => a => text.PadLeft((int)Math.Clamp(a.OptionalInteger(0, "width", 0), 0, 10_000), '0'),
            _ => null,
        };
        method = call is null ? null : new JinjaFunction($"str.{name}", call);
        return call is not null;
    }

    public static string Title(string text) => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(text.ToLowerInvariant());

    public static string Capitalize(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Replaces all, or the first <c>count</c>, occurrences; the arguments begin at <paramref name="first"/>.</summary>
    public static string Replace(string text, CallArguments arguments, int first)
    {
        var old = arguments.RequiredString(first, "old");
        var now = JinjaValue.ToText(arguments.Required(first + 1, "new"));
        var count = arguments.OptionalInteger(first + 2, "count", -1);
        if (old.Length == 0)
            throw arguments.Error("the text to replace is empty");
        if (count < 0)
            return text.Replace(old, now, StringComparison.Ordinal);
        for (var (from, done) = (0, 0); done < count; done++)
        {
            var at = text.IndexOf(old, from, StringComparison.Ordinal);
            if (at < 0)
                break;
            text = string.Concat(text.AsSpan(0, at), now, text.AsSpan(at + old.Length));
            from = at + now.Length;
        }
        return text;
    }

    private static string Strip(string text, CallArguments arguments, bool left, bool right)
    {
        var characters = arguments.Optional(0, "chars") as string;
        var remove = characters?.ToCharArray();
        if (left)
            text = remove is null ? text.TrimStart() : text.TrimStart(remove);
        if (right)
            text = remove is null ? text.TrimEnd() : text.TrimEnd(remove);
        return text;
    }

    private static List<object?> Split(string text, CallArguments arguments)
    {
        var count = arguments.OptionalInteger(1, "maxsplit", -1);
        var parts = count < 0 ? int.MaxValue : (int)Math.Min(count + 1, int.MaxValue);
        return arguments.Optional(0, "sep") switch
        {
            null => [.. text.Split((char[]?)null, parts, StringSplitOptions.RemoveEmptyEntries)],
            string { Length: > 0 } separator => [.. text.Split(separator, parts)],
            _ => throw arguments.Error("the separator must be a string that is not empty"),
        };
    }

    private static IEnumerable<string> Prefixes(CallArguments arguments) => arguments.Required(0, "prefix") switch
    {
        string prefix => [prefix],
        IReadOnlyList<object?> prefixes => prefixes.Select(JinjaValue.ToText),
        var other => throw arguments.Error($"takes a string, not {JinjaValue.TypeName(other)}"),
    };

    private static string Format(string text, CallArguments arguments)
    {
        var output = new System.Text.StringBuilder();
        var next = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '{' or '}' && i + 1 < text.Length && text[i + 1] == text[i])
            {
                output.Append(text[i++]);
                continue;
            }
            if (text[i] != '{')
            {
                output.Append(text[i]);
                continue;
            }
            var end = text.IndexOf('}', i);
            if (end < 0)
                throw arguments.Error("the format has '{' without '}'");
            var field = text[(i + 1)..end];
            if (field.Contains(':', StringComparison.Ordinal) || field.Contains('!', StringComparison.Ordinal))
                throw arguments.Error($"the format specification '{{{field}}}' is not supported; use the filters round and string");
            output.Append(JinjaValue.ToText(Field(field, ref next, arguments)));
            i = end;
        }
        return output.ToString();
    }

    private static object? Field(string field, ref int next, CallArguments arguments)
    {
        if (field.Length == 0)
            return arguments.Required(next++, $"{next}");
        return int.TryParse(field, CultureInfo.InvariantCulture, out var position)
            ? arguments.Required(position, field)
            : arguments.Required(int.MaxValue, field);
    }
}
