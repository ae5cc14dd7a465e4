namespace Lakehouse.Cli.Demo;

/// <summary>The demo's folders. Temporary ones are deleted on dispose, unless they are to be kept.</summary>
public sealed class DemoWorkspace : IDisposable
{
    private readonly bool _delete;

    private DemoWorkspace(string folder, bool temporary, bool delete)
    {
        Folder = folder;
        PostgresFolder = temporary ? null : Path.Combine(folder, "postgres");
        _delete = delete;
    }

    /// <summary>Everything below one folder.</summary>
    public string Folder { get; }

    /// <summary>The lake.</summary>
    public string Lake => Path.Combine(Folder, "lake");

    /// <summary>dbt's artefacts of the model runs.</summary>
    public string Target => Path.Combine(Folder, "target");

    /// <summary>The database's folder; null leaves a temporary one to the server.</summary>
    public string? PostgresFolder { get; }

    /// <summary>Whether the lake is still there afterwards.</summary>
    public bool IsKept => !_delete;

    public static DemoWorkspace Open(DemoOptions options) => options.DataFolder is { } data
        ? new DemoWorkspace(Directory.CreateDirectory(Path.GetFullPath(data)).FullName, temporary: false, delete: false)
        : new DemoWorkspace(Directory.CreateTempSubdirectory("lakehouse-demo-").FullName, temporary: true, delete: !options.Keep);

    public void Dispose()
    {
        if (_delete && Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
