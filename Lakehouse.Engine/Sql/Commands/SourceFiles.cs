using System.Text;
using System.Text.RegularExpressions;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary>The files that a COPY names.</summary>
internal static class SourceFiles
{
    /// <summary>A file, the named files of a folder, or all below it that a pattern takes; full paths in order. Names that begin with
    /// <c>_</c> or <c>.</c> are left out of folders, as by Spark.</summary>
    /// <exception cref="EngineException">The folder or a file is not there, or is not on this machine.</exception>
    public static IReadOnlyList<string> Find(string place, IReadOnlyList<string> names, string? pattern)
    {
        if (place.Contains("://", StringComparison.Ordinal) && !place.StartsWith("file://", StringComparison.Ordinal))
            throw new EngineException($"COPY INTO reads files of this machine, and '{place}' is none: fetch them first.", path: place);
        string full = Path.GetFullPath(place.StartsWith("file://", StringComparison.Ordinal) ? new Uri(place).LocalPath : place);
        if (names.Count > 0)
        {
            string[] named = [.. names.Select(name => Path.GetFullPath(Path.Combine(full, name)))];
            return Array.Find(named, file => !File.Exists(file)) is { } missing ? throw NotThere(missing) : named;
        }
        if (File.Exists(full)) return [full];
        if (!Directory.Exists(full)) throw NotThere(full);
        Regex? taken = pattern is null ? null : OfGlob(pattern);
        return [.. Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories).Where(file => IsTaken(Path.GetRelativePath(full, file), taken)).Order(StringComparer.Ordinal)];
    }

    private static bool IsTaken(string path, Regex? pattern) =>
        !path.Split(Path.DirectorySeparatorChar).Any(part => part.StartsWith('_') || part.StartsWith('.')) && pattern?.IsMatch(path) != false;

    /// <summary>A glob as Spark has them: <c>*</c> (also across folders), <c>?</c>, <c>[a-c]</c>, <c>[!a-c]</c>, <c>{a,b}</c>.</summary>
    /// <exception cref="EngineException">It is none.</exception>
    private static Regex OfGlob(string glob)
    {
        StringBuilder regex = new("^");
        int depth = 0;
        for (int i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '*': regex.Append(".*"); break;
                case '?': regex.Append('.'); break;
                case '{': regex.Append("(?:"); depth++; break;
                case '}' when depth > 0: regex.Append(')'); depth--; break;
                case ',' when depth > 0: regex.Append('|'); break;
                case '[' when glob.IndexOf(']', i + 2) is > 0 and int close:
                    string set = glob[(i + 1)..close].Replace("\\", "\\\\", StringComparison.Ordinal);
                    regex.Append(set[0] == '!' ? "[^" + set[1..] : '[' + set).Append(']');
                    i = close;
                    break;
                default: regex.Append(Regex.Escape(glob[i].ToString())); break;
            }
        }
        try
        {
            return new Regex(regex.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);
        }
        catch (ArgumentException)
        {
            throw new EngineException($"COPY INTO: the pattern '{glob}' is not understood; it may hold *, ?, [a-c] and {{a,b}}.");
        }
    }

    private static EngineException NotThere(string path) => new($"COPY INTO: there is no file or folder '{path}'. Nothing was copied.", path: path);
}
