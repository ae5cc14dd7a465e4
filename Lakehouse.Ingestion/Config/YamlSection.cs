using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Lakehouse.Ingestion.Config;

/// <summary>One mapping of a YAML file, read key by key; what is not a known key at the end is an error.</summary>
internal sealed class YamlSection
{
    private readonly string _file;
    private readonly string _what;
    private readonly Dictionary<string, (YamlScalarNode Key, YamlNode Value)> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    /// <param name="file">The file's name, for messages.</param>
    /// <param name="node">The mapping.</param>
    /// <param name="what">What the mapping is, such as <c>a source</c>.</param>
    public YamlSection(string file, YamlNode node, string what)
    {
        _file = file;
        _what = what;
        Node = node;
        if (node is not YamlMappingNode mapping) throw Wrong(node, $"{what} must be a mapping of keys to values");
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { Length: > 0 } name } scalar) throw Wrong(key, $"keys of {what} must be plain text");
            _entries.Add(name, (scalar, value));
        }
    }

    public YamlNode Node { get; }

    /// <summary>The value's place, or the section's when the key is absent.</summary>
    public (long Line, long Column) Place(string key) =>
        _entries.TryGetValue(key, out var entry) ? (entry.Value.Start.Line, entry.Value.Start.Column) : (Node.Start.Line, Node.Start.Column);

    public string? Text(string key)
    {
        if (Find(key) is not { } node) return null;
        if (node is YamlScalarNode { Value: { Length: > 0 } text }) return text;
        throw Wrong(node, $"'{key}' must be text");
    }

    public string RequiredText(string key) => Text(key) ?? throw Wrong(Node, $"{_what} needs '{key}'");

    public IReadOnlyList<(string Text, YamlNode Node)>? Texts(string key)
    {
        if (Find(key) is not { } node) return null;
        return ReadTexts(node, key);
    }

    public IReadOnlyList<(string Text, YamlNode Node)> ReadTexts(YamlNode node, string key)
    {
        if (node is YamlScalarNode { Value: { Length: > 0 } single }) return [(single, node)];
        if (node is not YamlSequenceNode sequence) throw Wrong(node, $"'{key}' must be a list of texts");
        return [.. sequence.Select(item => item is YamlScalarNode { Value: { Length: > 0 } text }
            ? (text, item)
            : throw Wrong(item, $"'{key}' must be a list of texts"))];
    }

    public bool? Flag(string key)
    {
        if (Text(key) is not { } text) return null;
        return text switch
        {
            "true" => true,
            "false" => false,
            _ => throw Wrong(_entries[key].Value, $"'{key}' must be true or false, not '{text}'"),
        };
    }

    public int? Count(string key, int least, int most)
    {
        if (Text(key) is not { } text) return null;
        if (int.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            return value;
        throw Wrong(_entries[key].Value, $"'{key}' must be a whole number from {least} to {most}, not '{text}'");
    }

    /// <summary>Bytes, such as <c>64MB</c> or <c>1.5GB</c> (powers of 1024).</summary>
    public long? Size(string key)
    {
        if (Text(key) is not { } text) return null;
        (string Suffix, double Factor)[] units = [("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1), ("", 1)];
        var (suffix, factor) = units.First(u => text.EndsWith(u.Suffix, StringComparison.OrdinalIgnoreCase));
        if (double.TryParse(text[..^suffix.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0)
            return (long)(value * factor);
        throw Wrong(_entries[key].Value, $"'{key}' must be a size such as 64MB, not '{text}'");
    }

    /// <summary>Time, such as <c>500ms</c>, <c>10s</c>, <c>5m</c>.</summary>
    public TimeSpan? Duration(string key)
    {
        if (Text(key) is not { } text) return null;
        (string Suffix, double Milliseconds)[] units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
        foreach (var (suffix, milliseconds) in units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text[..^suffix.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                return TimeSpan.FromMilliseconds(value * milliseconds);
        }
        throw Wrong(_entries[key].Value, $"'{key}' must be a time such as 500ms, 10s or 5m, not '{text}'");
    }

    public YamlSection? Section(string key, string what) => Find(key) is { } node ? new YamlSection(_file, node, what) : null;

    public YamlSequenceNode? Sequence(string key)
    {
        if (Find(key) is not { } node) return null;
        return node as YamlSequenceNode ?? throw Wrong(node, $"'{key}' must be a list");
    }

    /// <summary>Every key with its value, for mappings whose keys are free.</summary>
    public IEnumerable<(string Key, YamlNode KeyNode, YamlNode Value)> All() => _entries.Select(e => (e.Key, (YamlNode)e.Value.Key, e.Value.Value));

    /// <summary>Refuses keys that nothing asked for.</summary>
    public void End()
    {
        foreach (var (name, (key, _)) in _entries)
        {
            if (_known.Contains(name)) continue;
            var nearest = _known.MinBy(k => Distance(name, k));
            var hint = nearest is not null && Distance(name, nearest) <= Math.Max(2, name.Length / 3)
                ? $"did you mean '{nearest}'?"
                : $"known keys are {string.Join(", ", _known)}";
            throw Wrong(key, $"unknown key '{name}' in {_what}; {hint}");
        }
    }

    public ConfigException Wrong(YamlNode node, string problem) => new(_file, node.Start.Line, node.Start.Column, problem);

    private YamlNode? Find(string key)
    {
        _known.Add(key);
        return _entries.TryGetValue(key, out var entry) ? entry.Value : null;
    }

    /// <summary>Levenshtein's distance: single-character edits between two texts.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }
}
