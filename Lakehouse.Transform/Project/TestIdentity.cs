using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>The names and ids that dbt gives to generic tests, so that artefacts of both name the same test alike
/// (dbt-core, parser/generic_test_builders.py and schema_generic_tests.py).</summary>
internal static partial class TestIdentity
{
    /// <summary>Test, model, and the arguments in the order of their names.</summary>
    public static string FullName(string test, string owner, JinjaDict arguments)
    {
        var parts = arguments.OrderBy(a => (string)a.Key, StringComparer.Ordinal).SelectMany(a => a.Value switch
        {
            JinjaDict dict => dict.Values,
            IReadOnlyList<object?> list => list,
            var value => [value],
        });
        return $"{test}_{owner}_{string.Join("__", parts.Select(p => NotInNames().Replace(JinjaValue.ToText(p), "_")))}";
    }

    /// <summary>The same where it serves as a file's name: a long one is cut to the test and model, with a hash of the whole.</summary>
    public static string ShortName(string test, string owner, string fullName)
    {
        const int longest = 63;
        const int kept = 30;
        if (fullName.Length <= longest)
            return fullName;
        var start = $"{test}_{owner}";
        return $"{start[..Math.Min(kept, start.Length)]}_{Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(fullName)))}";
    }

    /// <summary>The arguments with the model, as dbt's template passes it.</summary>
    public static JinjaDict Keywords(JinjaDict arguments, ProjectNode node)
    {
        var keywords = new JinjaDict();
        foreach (var (key, value) in arguments)
            keywords[key] = value;
        keywords["model"] = node is SourceNode source
            ? $"{{{{ get_where_subquery(source('{source.SourceName}', '{source.Name}')) }}}}"
            : $"{{{{ get_where_subquery(ref('{node.Name}')) }}}}";
        return keywords;
    }

    /// <summary>The last part of the id: ten digits of a hash over Python's representation of what the test is.</summary>
    public static string Hash(string fullName, string? package, string test, JinjaDict keywords)
    {
        var metadata = new JinjaDict { { "kwargs", Hashable(keywords) }, { "name", test }, { "namespace", package ?? "None" } };
        var hash = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(fullName + JinjaValue.ToText(metadata))));
        return hash[^10..];
    }

    private static object? Hashable(object? value)
    {
        switch (value)
        {
            case JinjaDict dict:
                var sorted = new JinjaDict();
                foreach (var (key, item) in dict.OrderBy(e => JinjaValue.ToText(e.Key), StringComparer.Ordinal))
                    sorted[key] = Hashable(item);
                return sorted;
            case IReadOnlyList<object?> list:
                return list.Select(Hashable).ToList();
            default:
                return JinjaValue.ToText(value);
        }
    }

    [GeneratedRegex("[^0-9a-zA-Z_]+")]
    private static partial Regex NotInNames();
}
