namespace Lakehouse.Storage;

/// <summary>Where copies of a store's objects lie on this machine, and how much room they may take.</summary>
public sealed record DiskCacheOptions
{
    /// <summary>The folder; processes of one user may share it. It holds what the lake holds, so it is made readable for its owner alone.</summary>
    public required string Folder { get; init; }

    /// <summary>What the copies may take together, in bytes. What scans hold at the moment is on disk even beyond that.</summary>
    public long MaxBytes { get; init; } = 10L << 30;

    /// <summary>The user's cache folder (<c>XDG_CACHE_HOME</c>, else <c>~/.cache</c>), or the temporary one where there is no home to write to.</summary>
    public static string DefaultFolder()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = home.Length == 0 ? null : Path.Combine(home, ".cache");
        }

        if (cache is not null)
        {
            string folder = Path.Combine(cache, "lakehouse", "objects");
            try
            {
                Directory.CreateDirectory(folder);
                return folder;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A container's user often has a home that is not there, on a root that cannot be written.
            }
        }

        return Path.Combine(Path.GetTempPath(), $"lakehouse-objects-{Environment.UserName}");
    }
}
