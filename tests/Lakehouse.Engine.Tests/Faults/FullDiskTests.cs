using System.Diagnostics;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>A lake on a disk of 4 MB, which a test fills.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lakehouse-full-").FullName;
    private readonly bool _mounted;

    public FullDiskTests() => _mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=4m", "lakehouse-full", _folder);

    [Fact]
    public async Task Data_that_does_not_fit_is_refused_and_leaves_nothing_behind()
    {
        Assert.SkipUnless(_mounted, "A small disk is a tmpfs here, which only root on Linux may mount.");
        await using var lake = Lake.Open(_folder, new LakeOptions { Threads = 1 });
        await using var session = lake.OpenSession();
        var table = lake.Table(TableName.Parse("t.full"));
        await table.AppendAsync(session.Connection, "SELECT 1::BIGINT AS id, 'x' AS text");
        var before = Files();

        var failure = await Assert.ThrowsAsync<DataFileNotWrittenException>(() => table.AppendAsync(session.Connection, "SELECT i AS id, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS text FROM range(200000) t(i)"));

        Assert.Contains("t.full", failure.Message);
        Assert.Contains("No space left on device", failure.Message);
        Assert.Equal(before, Files());
        await table.AppendAsync(session.Connection, "SELECT 2::BIGINT AS id, 'y' AS text");
        Assert.Equal(["1", "2"], await TestLake.RowsAsync(session, "SELECT id FROM t.full ORDER BY id"));
    }

    [Fact]
    public async Task A_commit_that_does_not_fit_is_refused_and_works_once_there_is_room()
    {
        Assert.SkipUnless(_mounted, "A small disk is a tmpfs here, which only root on Linux may mount.");
        await using var lake = Lake.Open(_folder, new LakeOptions { Threads = 1 });
        await using var session = lake.OpenSession();
        var table = lake.Table(TableName.Parse("t.full"));
        await table.AppendAsync(session.Connection, "SELECT 1::BIGINT AS id");
        var staged = await table.StageAsync(session.Connection, "SELECT 2::BIGINT AS id");
        var filler = Path.Combine(_folder, "filler");
        Fill(filler);

        var failure = await Assert.ThrowsAsync<StorageException>(() => table.CommitAsync(staged));

        Assert.Contains("No space left on device", failure.Message);
        Assert.Contains("_delta_log/00000000000000000001.json", failure.Message);
        Assert.Equal(["1"], await TestLake.RowsAsync(session, "SELECT id FROM t.full"));
        File.Delete(filler);
        await table.AppendAsync(session.Connection, "SELECT 2::BIGINT AS id");
        Assert.Equal(["1", "2"], await TestLake.RowsAsync(session, "SELECT id FROM t.full ORDER BY id"));
    }

    public void Dispose()
    {
        if (_mounted) Run("umount", "-l", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            // Full, which is what was wanted.
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private List<string> Files() => [.. Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
