using System.Globalization;
using Lakehouse.Transform.Jinja;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Lakehouse.Transform;

/// <summary>A value of a YAML file with its place. Plain scalars are typed as PyYAML types them, which is what dbt reads with.</summary>
internal sealed class YamlValue
{
    private readonly object? _scalar;
    private readonly Dictionary<string, YamlValue>? _map;
    private readonly List<YamlValue>? _items;

    private YamlValue(SourceLocation at, object? scalar, Dictionary<string, YamlValue>? map, List<YamlValue>? items) =>
        (At, _scalar, _map, _items) = (at, scalar, map, items);

    public SourceLocation At { get; private init; }

    public bool IsMap => _map is not null;

    public bool IsList => _items is not null;

    public bool IsNull => _map is null && _items is null && _scalar is null;

    /// <summary>The entries in the file's order; empty for null, so that an empty section is no error.</summary>
    /// <exception cref="ProjectException">The value is a scalar or a list.</exception>
    public IReadOnlyDictionary<string, YamlValue> Entries => _map ?? (IsNull ? [] : throw Error($"expected a mapping, found {Kind}"));

    /// <summary>The items; empty for null.</summary>
    /// <exception cref="ProjectException">The value is a scalar or a mapping.</exception>
    public IReadOnlyList<YamlValue> Items => _items ?? (IsNull ? [] : throw Error($"expected a list, found {Kind}"));

    private string Kind => _map is not null ? "a mapping" : _items is not null ? "a list" : JinjaValue.TypeName(_scalar);

    /// <summary>Reads a file; an empty one is null.</summary>
    /// <exception cref="ProjectException">The file is not YAML.</exception>
    public static YamlValue Read(string name, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            var place = new SourceLocation(name, (int)e.Start.Line, (int)e.Start.Column);
            throw new ProjectException(place, $"this is not valid YAML: {e.InnerException?.Message ?? e.Message}", e);
        }
        return stream.Documents.Count == 0
            ? new YamlValue(new SourceLocation(name, 1, 1), null, null, null)
            : From(name, stream.Documents[0].RootNode);
    }

    public ProjectException Error(string problem) => new(At, problem);

    public YamlValue? Find(string key) => _map?.GetValueOrDefault(key);

    public YamlValue Require(string key) =>
        Find(key) is { IsNull: false } value ? value : throw Error($"the key '{key}' is missing");

    public string AsString() => _map is null && _items is null && _scalar is not null
        ? JinjaValue.ToText(_scalar is bool flag ? (flag ? "true" : "false") : _scalar)
        : throw Error($"expected text, found {Kind}");

    public bool AsBoolean() => _scalar is bool flag ? flag : throw Error($"expected true or false, found {Kind}");

    /// <summary>A list of texts; one text stands for a list of one.</summary>
    public IReadOnlyList<string> AsStrings() => IsList ? [.. Items.Select(i => i.AsString())] : IsNull ? [] : [AsString()];

    /// <summary>The value as templates see it, with the text in it rendered by <paramref name="render"/>.</summary>
    public object? ToJinja(Func<string, SourceLocation, object?>? render = null)
    {
        if (_map is not null)
            return new JinjaDict(_map.Select(e => KeyValuePair.Create(e.Key, e.Value.ToJinja(render))));
        if (_items is not null)
            return _items.Select(i => i.ToJinja(render)).ToList();
        return _scalar is string text && render is not null && text.Contains("{{", StringComparison.Ordinal) ? render(text, At) : _scalar;
    }

    private static YamlValue From(string name, YamlNode node)
    {
        // A mapping without braces inside [ ] has no place of its own; its first key has.
        var start = node is YamlMappingNode { Children.Count: > 0 } pairs ? pairs.Children[0].Key.Start : node.Start;
        var at = new SourceLocation(name, (int)start.Line, (int)start.Column);
        switch (node)
        {
            case YamlMappingNode mapping:
                var map = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
                foreach (var (key, value) in mapping.Children)
                {
                    if (key is not YamlScalarNode { Value: { } text })
                        throw new ProjectException(at, "a key must be text");
                    // An entry's place is its key: that is what a message about it should point at.
                    var keyPlace = new SourceLocation(name, (int)key.Start.Line, (int)key.Start.Column);
                    var entry = From(name, value);
                    map[text] = new YamlValue(keyPlace, entry._scalar, entry._map, entry._items);
                }
                return new YamlValue(at, null, map, null);
            case YamlSequenceNode sequence:
                return new YamlValue(at, null, null, [.. sequence.Children.Select(c => From(name, c))]);
            case YamlScalarNode scalar:
                return new YamlValue(at, Scalar(scalar), null, null);
            default:
                throw new ProjectException(at, "aliases without an anchor are not supported");
        }
    }

    private static object? Scalar(YamlScalarNode node)
    {
        var text = node.Value ?? "";
        if (node.Style != ScalarStyle.Plain)
            return text;
        if (text is "" or "~" or "null" or "Null" or "NULL")
            return null;
        if (text.ToLowerInvariant() is "true" or "yes" or "on")
            return true;
        if (text.ToLowerInvariant() is "false" or "no" or "off")
            return false;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) && !(text.Length > 1 && text.TrimStart('-', '+').StartsWith('0')))
            return integer;
        if (text.Contains('.', StringComparison.Ordinal) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return number;
        return text == "0" ? 0L : text;
    }
}
