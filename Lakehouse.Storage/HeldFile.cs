using Lakehouse.Storage.Cache;

namespace Lakehouse.Storage;

/// <summary>A file that stays where it is until this is disposed of.</summary>
public sealed class HeldFile : IDisposable
{
    private Action? _release;

    /// <summary>A file, and what lets it go; without the latter it stays anyway.</summary>
    public HeldFile(string path, Action? release = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (Path, _release) = (path, release);
    }

    /// <summary>Where it is, absolute.</summary>
    public string Path { get; }

    /// <summary>Gives the file a second name, which stays when this is disposed of; on another disk it is a copy. Neither may be written to.</summary>
    public void LinkTo(string path)
    {
        try
        {
            if (HardLink.TryCreate(Path, path)) return;
        }
        catch (IOException)
        {
            // Another disk, or a file system without links.
        }

        File.Copy(Path, path);
    }

    /// <summary>Lets the file go.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
