using System.CommandLine;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Shell;

/// <summary>The lake that a command line means, open.</summary>
public sealed class LakeFolder : IAsyncDisposable
{
    private readonly string? _standIn;

    private LakeFolder(Lake lake, string? standIn)
    {
        Lake = lake;
        _standIn = standIn;
    }

    public Lake Lake { get; }

    /// <summary>Opens the lake to read it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">Its <see cref="CommonOptions.Lake"/>.</param>
    /// <param name="mayBeAbsent">A lake that was not named and is not there is an empty one (SQL over files needs none); no folder is made for it.</param>
    /// <param name="options">How DuckDB works.</param>
    /// <exception cref="UsageException">There is no such folder.</exception>
    public static LakeFolder ForReading(ParseResult parsed, Option<string> option, bool mayBeAbsent = false, LakeOptions? options = null)
    {
        string folder = Path.GetFullPath(parsed.GetRequiredValue(option));
        if (Directory.Exists(folder))
            return new LakeFolder(Lake.Open(folder, options), null);
        if (parsed.GetResult(option) is { Implicit: false })
            throw new UsageException($"there is no lake at {folder}.");
        if (!mayBeAbsent)
            throw new UsageException($"there is no lake at {folder}; name one with --lake FOLDER or {CommonOptions.LakeVariable}, or make one with 'lakehouse demo --data FOLDER'.");
        string standIn = Directory.CreateTempSubdirectory("lakehouse-none-").FullName;
        return new LakeFolder(Lake.Open(standIn, options), standIn);
    }

    /// <summary>Opens the lake to write to it; its folder is made when absent.</summary>
    public static LakeFolder ForWriting(ParseResult parsed, Option<string> option, LakeOptions? options = null) =>
        ForWriting(parsed.GetRequiredValue(option), options);

    /// <summary>Opens a lake to write to it; its folder is made when absent.</summary>
    public static LakeFolder ForWriting(string folder, LakeOptions? options = null) => new(Lake.Open(Path.GetFullPath(folder), options), null);

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync();
        if (_standIn is not null)
            Directory.Delete(_standIn, recursive: true);
    }
}
