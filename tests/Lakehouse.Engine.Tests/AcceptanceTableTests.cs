using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Lakehouse.Testing;

namespace Lakehouse.Engine.Tests;

/// <summary>The public Delta acceptance tables (DAT): what they hold, as their makers wrote it down, is what we read.</summary>
public sealed class AcceptanceTableTests(AcceptanceTables tables) : IClassFixture<AcceptanceTables>
{
    /// <summary>Cases that are not read right, with the reason.</summary>
    private static readonly Dictionary<string, string> NotYet = [];

    [Fact]
    public async Task Every_acceptance_table_reads_as_expected()
    {
        Assert.SkipWhen(tables.Folder is null, AcceptanceTables.SkipReason);
        var wrong = new List<string>();
        var right = 0;
        var all = 0;
        await using var lake = new TestLake();
        foreach (var test in Directory.GetDirectories(tables.Folder!).Order(StringComparer.Ordinal))
        {
            all++;
            var name = Path.GetFileName(test);
            if (NotYet.ContainsKey(name)) continue;
            foreach (var expected in Directory.GetDirectories(Path.Combine(test, "expected")).Order(StringComparer.Ordinal))
            {
                var fault = await CompareAsync(lake, Path.Combine(test, "delta"), expected);
                if (fault is not null) wrong.Add($"{name}/{Path.GetFileName(expected)}: {fault}");
            }
            if (!wrong.Exists(fault => fault.StartsWith(name + "/", StringComparison.Ordinal))) right++;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{right} of {all} acceptance tables read right; not yet: {string.Join(", ", NotYet.Select(entry => $"{entry.Key} ({entry.Value})"))}");
        Assert.Empty(wrong);
        Assert.Equal(all - NotYet.Count, right);
        Assert.InRange(right, 12, all);
    }

    private static async Task<string?> CompareAsync(TestLake lake, string folder, string expected)
    {
        try
        {
            using var metadata = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(expected, "table_version_metadata.json")));
            var version = metadata.RootElement.GetProperty("version").GetInt64();
            var files = Directory.GetFiles(Path.Combine(expected, "table_content"), "*.parquet");
            var content = $"read_parquet([{string.Join(", ", files.Select(file => $"'{file}'"))}], hive_partitioning=false)";
            var ours = $"delta_scan('{folder}', version => {version})";
            var latest = Path.GetFileName(expected) == "latest" ? (await lake.Lake.TableAt(folder).SnapshotAsync()).Version : version;
            if (latest != version) return $"newest version {latest}, expected {version}";
            var columns = await lake.RowsAsync($"SELECT column_name FROM (DESCRIBE SELECT * FROM {content})");
            var mine = await lake.RowsAsync($"SELECT column_name FROM (DESCRIBE SELECT * FROM {ours})");
            if (!columns.Order().SequenceEqual(mine.Order())) return $"columns ({string.Join(", ", mine)}), expected ({string.Join(", ", columns)})";
            var types = await lake.RowsAsync($"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {content})");
            var mineTypes = await lake.RowsAsync($"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {ours})");
            if (!types.Order().SequenceEqual(mineTypes.Order())) return $"types ({string.Join(", ", mineTypes)}), expected ({string.Join(", ", types)})";
            var list = string.Join(", ", columns.Select(column => $"\"{column}\"::VARCHAR"));
            var difference = await lake.RowsAsync($"(SELECT 'ours', {list} FROM {ours} EXCEPT ALL SELECT 'ours', {list} FROM {content}) UNION ALL (SELECT 'theirs', {list} FROM {content} EXCEPT ALL SELECT 'theirs', {list} FROM {ours}) LIMIT 4");
            return difference.Count == 0 ? null : string.Join(" / ", difference);
        }
        catch (Exception exception) when (exception is EngineException or Delta.DeltaException or DuckDb.DuckDbException)
        {
            return exception.Message;
        }
    }
}

/// <summary>The acceptance tables, unpacked once.</summary>
public sealed class AcceptanceTables : IDisposable
{
    public const string SkipReason = "The Delta acceptance tables are not here: put deltalake-dat-*.tar.gz into ../shared/data/delta, or set LAKEHOUSE_SHARED to the folder that holds data/delta.";

    private readonly DirectoryInfo? _temp;

    public AcceptanceTables()
    {
        if (Archive() is not { } archive) return;
        _temp = Directory.CreateTempSubdirectory("lakehouse-dat-");
        using var file = File.OpenRead(archive);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        TarFile.ExtractToDirectory(unzipped, _temp.FullName, overwriteFiles: false);
        Folder = Directory.GetDirectories(_temp.FullName, "generated", SearchOption.AllDirectories).Single();
    }

    /// <summary>The folder of cases; null when the archive is not here.</summary>
    public string? Folder { get; }

    public void Dispose() => _temp?.Delete(recursive: true);

    private static string? Archive()
    {
        var folder = Repository.Shared is { } shared ? Path.Combine(shared, "data", "delta") : null;
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "deltalake-dat-*.tar.gz").FirstOrDefault() : null;
    }
}
