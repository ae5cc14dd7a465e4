using Lakehouse.Testing;

namespace Lakehouse.Engine.Tests;

public sealed class LakeTests
{
    [Fact]
    public async Task A_lake_can_be_closed_twice()
    {
        await using var folder = new TestLake();
        var lake = Lake.Open(folder.Folder);
        await lake.Table(TableName.Parse("t.a")).TrySnapshotAsync(TestContext.Current.CancellationToken);

        await lake.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Fact]
    public async Task What_a_killed_process_left_goes_when_the_next_lake_is_opened_and_what_a_living_one_has_stays()
    {
        await using var folder = new TestLake();
        string temp = Path.Combine(folder.Folder, "temp");
        var options = new LakeOptions { TempFolder = temp };
        await using Lake living = Lake.Open(Path.Combine(folder.Folder, "a"), options);
        // A process that was killed holds no lock any more; what it spilled, and its lock's file, are still there.
        string killed = Path.Combine(temp, "lakehouse-killed");
        Directory.CreateDirectory(killed);
        await File.WriteAllTextAsync(Path.Combine(killed, "spilled.tmp"), "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(killed + ".lock", "", TestContext.Current.CancellationToken);
        string foreign = Path.Combine(temp, "lakehouse-notes");
        Directory.CreateDirectory(foreign);

        await Lake.Open(Path.Combine(folder.Folder, "b"), options).DisposeAsync();

        Assert.Equal([living.TempFolder, foreign], Directory.GetDirectories(temp).OrderBy(path => path == foreign));
        Assert.Equal([living.TempFolder + ".lock"], Directory.GetFiles(temp));
    }

    [Fact]
    public void A_lake_that_cannot_be_opened_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        string temp = Path.Combine(folder.Path, "temp");

        Assert.ThrowsAny<Exception>(() => Lake.Open(Path.Combine(folder.Path, "lake"), new LakeOptions { TempFolder = temp, MemoryLimit = "much" }));

        Assert.Empty(Directory.EnumerateFileSystemEntries(temp));
    }

    [Fact]
    public void Many_that_start_at_once_take_nobodys_folder_away()
    {
        using var folder = new TemporaryFolder();
        string temp = Path.Combine(folder.Path, "temp");

        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                using var first = ScratchFolder.Under(temp);
                string file = Path.Combine(first.Path, "spilled.tmp");
                File.WriteAllText(file, "");
                using var second = ScratchFolder.Under(temp);
                Assert.True(File.Exists(file));
            }
        });

        Assert.Empty(Directory.GetDirectories(temp));
    }
}
