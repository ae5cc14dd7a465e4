using Lakehouse.Cli.Demo;
using Lakehouse.Testing;

namespace Lakehouse.Cli.Tests;

public sealed class DemoWorkspaceTests
{
    [Fact]
    public void The_folder_of_a_killed_demo_is_deleted_by_the_next_and_that_of_a_running_one_stays()
    {
        using TemporaryFolder root = new();
        string killed = Path.Combine(root.Path, "lakehouse-demo-killed");
        Directory.CreateDirectory(Path.Combine(killed, "lake"));
        File.WriteAllText(killed + ".lock", "");
        using DemoWorkspace running = DemoWorkspace.OpenTemporary(root.Path);

        using (DemoWorkspace next = DemoWorkspace.OpenTemporary(root.Path))
        {
            Assert.False(Directory.Exists(killed));
            Assert.True(Directory.Exists(running.Folder));
            Assert.True(Directory.Exists(next.Folder));
        }

        Assert.Equal([running.Folder, running.Folder + ".lock"], Directory.GetFileSystemEntries(root.Path).Order(StringComparer.Ordinal));
    }
}
