namespace Lakehouse.Transform.Tests;

/// <summary>A dbt project in a temporary folder, written by a test.</summary>
public sealed class ProjectFolder : IDisposable
{
    public ProjectFolder(params ReadOnlySpan<(string File, string Text)> files)
    {
        Write("dbt_project.yml", "name: shop\nversion: '1.0'\n");
        foreach (var (file, text) in files)
            Write(file, text);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("lakehouse-transform-").FullName;

    public void Write(string file, string text)
    {
        var path = System.IO.Path.Combine(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public DbtProject Load(params ReadOnlySpan<(string Name, object? Value)> vars)
    {
        var values = new Dictionary<string, object?>();
        foreach (var (name, value) in vars)
            values[name] = value;
        return DbtProject.Load(Path, values);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
