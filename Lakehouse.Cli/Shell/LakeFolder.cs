using System.CommandLine;
using Lakehouse.Engine;
using Lakehouse.Storage;

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

    /// <summary>What to say to who would write to it: there is none, and an empty one stands in for reading. Null when there is one.</summary>
    public string? Absent { get; private init; }

    /// <summary>Opens the lake to read it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">Its <see cref="CommonOptions.Lake"/>.</param>
    /// <param name="mayBeAbsent">A lake that was not named and is not there is an empty one (SQL over files needs none); no folder is made for it.</param>
    /// <param name="options">How DuckDB works.</param>
    /// <exception cref="UsageException">There is no such folder.</exception>
    public static LakeFolder ForReading(ParseResult parsed, Option<string> option, bool mayBeAbsent = false, LakeOptions? options = null)
    {
        string place = parsed.GetRequiredValue(option);
        if (StoreAddress.IsS3(place))
            return ForWriting(place, options);
        string folder = Path.GetFullPath(place);
        if (Directory.Exists(folder))
            return new LakeFolder(Lake.Open(folder, options), null);
        if (parsed.GetResult(option) is { Implicit: false })
            throw new UsageException($"there is no lake at {folder}; make the folder first, if one is to begin there.");
        string absent = $"there is no lake at {folder}; name one with --lake FOLDER or {CommonOptions.LakeVariable}, or make one with 'lakehouse demo --data FOLDER'.";
        if (!mayBeAbsent)
            throw new UsageException(absent);
        string standIn = Directory.CreateTempSubdirectory("lakehouse-none-").FullName;
        return new LakeFolder(Lake.Open(standIn, options), standIn) { Absent = absent };
    }

    /// <summary>Opens the lake to write to it; its folder is made when absent.</summary>
    public static LakeFolder ForWriting(ParseResult parsed, Option<string> option, LakeOptions? options = null) =>
        ForWriting(parsed.GetRequiredValue(option), options);

    /// <summary>Opens a lake to write to it; a folder is made when absent.</summary>
    /// <exception cref="UsageException">The address of a bucket is wrong.</exception>
    public static LakeFolder ForWriting(string place, LakeOptions? options = null)
    {
        try
        {
            return new LakeFolder(Lake.Open(place, options), null);
        }
        catch (StoreAddressException error)
        {
            throw new UsageException(error.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync();
        if (_standIn is not null)
            Directory.Delete(_standIn, recursive: true);
    }
}
