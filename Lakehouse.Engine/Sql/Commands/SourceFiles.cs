using System.IO.Enumeration;

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
        return [.. Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories).Where(file => IsTaken(Path.GetRelativePath(full, file), pattern)).Order(StringComparer.Ordinal)];
    }

    private static bool IsTaken(string path, string? pattern) =>
        !path.Split(Path.DirectorySeparatorChar).Any(part => part.StartsWith('_') || part.StartsWith('.'))
        && (pattern is null || FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false));

    private static EngineException NotThere(string path) => new($"COPY INTO: there is no file or folder '{path}'. Nothing was copied.", path: path);
}
