namespace Lakehouse.Cli.Demo;

/// <summary>The demo's folders. Temporary ones are deleted on dispose.</summary>
public sealed class DemoWorkspace : IDisposable
{
    private readonly bool _temporary;

    private DemoWorkspace(string folder, bool temporary)
    {
        Folder = folder;
        _temporary = temporary;
    }

    /// <summary>Everything below one folder.</summary>
    public string Folder { get; }

    /// <summary>The lake.</summary>
    public string Lake => Path.Combine(Folder, "lake");

    /// <summary>The database's folder; null leaves a temporary one to the server, which knows how to clear away a killed one's.</summary>
    public string? PostgresFolder => _temporary ? null : Path.Combine(Folder, "postgres");

    /// <summary>Whether the lake is still there afterwards.</summary>
    public bool IsKept => !_temporary;

    /// <summary>Makes what is missing.</summary>
    public static DemoWorkspace Open(DemoOptions options) => options.DataFolder is { } data
        ? new DemoWorkspace(Directory.CreateDirectory(Path.GetFullPath(data)).FullName, temporary: false)
        : new DemoWorkspace(Directory.CreateTempSubdirectory("lakehouse-demo-").FullName, temporary: true);

    public void Dispose()
    {
        if (_temporary && Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
