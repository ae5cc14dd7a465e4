using System.Diagnostics;
using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests;

/// <summary>A run in a process of its own, killed at random points.</summary>
public sealed class KilledRunTests
{
    private const int Kills = 8;
    private const int Seed = 20260101;

    [Fact]
    public async Task A_killed_run_leaves_each_table_before_or_after_and_the_next_goes_on()
    {
        await using var lake = new TransformLake();
        var business = new BronzeBusiness(lake, Seed);
        var project = DbtProject.Load(SampleModelsTests.Models);
        await business.NextRoundAsync();
        SampleModelsTests.AssertSucceeded(await lake.RunAsync(project));
        var random = new Random(Seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            var circumstances = $"(seed {Seed}, kill {kill})";
            await business.NextRoundAsync();
            var before = await VersionsAsync(lake, project);

            await RunAndKillAsync(lake, TimeSpan.FromMilliseconds(random.Next(0, 800)));

            foreach (var (table, version) in await VersionsAsync(lake, project))
            {
                Assert.True(version - before[table] is 0 or 1, $"{table} went from version {before[table]} to {version} {circumstances}");
                await lake.CellAsync($"SELECT count(*) FROM {table}");
            }
        }

        await IncrementalEqualsFull.CheckAsync(lake, project, $"(seed {Seed})");
    }

    private static async Task RunAndKillAsync(TransformLake lake, TimeSpan after)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(KilledRunTests).Assembly.Location, KilledRun.Argument, lake.Folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var clock = Stopwatch.StartNew();
        while (!File.Exists(KilledRun.Started(lake.Folder)) && !process.HasExited)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "the run did not begin within two minutes");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
        // A point in the run, not a wait for something: that is what a kill at random is.
        await Task.WhenAny(process.WaitForExitAsync(TestContext.Current.CancellationToken), Task.Delay(after, TestContext.Current.CancellationToken));
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(File.Exists(KilledRun.Started(lake.Folder)), $"the run never began: {await output} {await errors}");
        File.Delete(KilledRun.Started(lake.Folder));
    }

    private static async Task<Dictionary<TableName, long>> VersionsAsync(TransformLake lake, DbtProject project)
    {
        var versions = new Dictionary<TableName, long>();
        foreach (var model in project.Models.Where(m => m.IsStored))
            versions[model.Relation] = (await lake.Lake.Table(model.Relation).SnapshotAsync(null, TestContext.Current.CancellationToken)).Version;
        return versions;
    }
}
