namespace Lakehouse.Transform;

/// <summary>The files of a project, in an order that does not depend on the file system.</summary>
internal static class ProjectFiles
{
    /// <summary>Files below the paths whose name ends so: the path below the project with '/', and the full path.</summary>
    public static IEnumerable<(string Name, string Path)> Below(string folder, IEnumerable<string> paths, params string[] endings) =>
        paths.Where(p => Directory.Exists(Path.Combine(folder, p)))
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(folder, p), "*", SearchOption.AllDirectories))
            .Where(f => endings.Any(e => f.EndsWith(e, StringComparison.OrdinalIgnoreCase)))
            .Select(f => (Name: Path.GetRelativePath(folder, f).Replace('\\', '/'), Path: f))
            .DistinctBy(f => f.Name)
            .OrderBy(f => f.Name, StringComparer.Ordinal);

    /// <summary>Project, folders below the resource path, file name without ending.</summary>
    public static IReadOnlyList<string> Fqn(string project, string name, IEnumerable<string> paths)
    {
        var root = paths.Where(p => name.StartsWith(p + "/", StringComparison.Ordinal)).MaxBy(p => p.Length) ?? "";
        var below = name[(root.Length == 0 ? 0 : root.Length + 1)..];
        var parts = below.Split('/');
        return [project, .. parts[..^1], Path.GetFileNameWithoutExtension(parts[^1])];
    }
}
