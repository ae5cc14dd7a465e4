using System.Text.Json;

namespace Lakehouse.Transform;

/// <summary>
/// Writes what dbt leaves in <c>target/</c>: <c>manifest.json</c> (the project and its graph), <c>run_results.json</c> (what became of
/// the last run) and the compiled SQL. Each file is replaced at once, so that a reader never sees half of it.
/// </summary>
internal sealed class ArtifactFiles(DbtProject project, string folder)
{
    /// <summary>The folder below <c>target/</c> that holds SQL as it ran.</summary>
    private const string Compiled = "compiled";

    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Write(RunResults run)
    {
        Directory.CreateDirectory(folder);
        foreach (var result in run.Results)
            if (result.CompiledSql is { } sql && CompiledPath(project, result.Node) is { } path)
                WriteText(path, sql);
        WriteJson("manifest.json", json => new ManifestWriter(project, run).Write(json));
        WriteJson("run_results.json", json => new RunResultsWriter(run).Write(json));
    }

    /// <summary>Where a node's compiled SQL stands below the target folder; null for nodes without SQL.</summary>
    public static string? CompiledPath(DbtProject project, ProjectNode node) => node switch
    {
        ModelNode => $"{Compiled}/{project.Name}/{node.File}",
        TestNode { Template: not null } => $"{Compiled}/{project.Name}/{node.File}",
        TestNode test => $"{Compiled}/{project.Name}/{node.File}/{test.Alias}.sql",
        _ => null,
    };

    private void WriteText(string name, string text)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path) || File.ReadAllText(path) != text)
            Replace(path, temporary => File.WriteAllText(temporary, text));
    }

    private void WriteJson(string name, Action<Utf8JsonWriter> write) => Replace(Path.Combine(folder, name), temporary =>
    {
        using var stream = File.Create(temporary);
        using var json = new Utf8JsonWriter(stream);
        write(json);
    });

    private static void Replace(string path, Action<string> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            write(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
