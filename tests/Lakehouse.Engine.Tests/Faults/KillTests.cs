using System.Diagnostics;
using System.Globalization;

namespace Lakehouse.Engine.Tests.Faults;

public sealed class KillTests
{
    private const int Kills = 6;
    private const int Seed = 20261121;

    [Fact]
    public async Task A_writer_that_is_killed_anywhere_in_a_commit_loses_doubles_and_tears_nothing()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        var folder = Directory.CreateTempSubdirectory("lakehouse-killed-");
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                var told = await RunAndKillAsync(folder.FullName, commits: random.Next(1, 6), spins: random.Next(0, 2_000_000));

                var (version, count, sum) = await ReadAsync(folder.FullName);
                // The last commit may stand without having been told of.
                Assert.True(version == told || version == told + 1, $"seed {Seed}, kill {kill}: commit {told} was told, and the table holds {version}");
                Assert.True((count, sum) == (version + 1, version), $"seed {Seed}, kill {kill}: version {version} has {count} rows and sum {sum}");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<long> RunAndKillAsync(string folder, int commits, int spins)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // Under the dotnet host the program is its first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet") start.ArgumentList.Add(typeof(KillTests).Assembly.Location);
        start.ArgumentList.Add(KilledWriter.Argument);
        start.ArgumentList.Add(folder);
        using var writer = Process.Start(start)!;
        var told = -1L;
        try
        {
            for (var i = 0; i < commits; i++)
                told = long.Parse((await writer.StandardOutput.ReadLineAsync(deadline.Token))!, CultureInfo.InvariantCulture);
            Thread.SpinWait(spins);
        }
        finally
        {
            writer.Kill();
        }

        await writer.WaitForExitAsync(deadline.Token);
        // What it told before it died counts as well.
        while (await writer.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            if (line.Length > 0) told = long.Parse(line, CultureInfo.InvariantCulture);
        return told;
    }

    private static async Task<(long Version, long Count, long Sum)> ReadAsync(string folder)
    {
        await using var lake = Lake.Open(folder, new LakeOptions { Threads = 1 });
        await using var session = lake.OpenSession();
        var snapshot = await lake.Table(KilledWriter.Table).SnapshotAsync();
        Assert.Equal(snapshot.Version, snapshot.TransactionVersion(KilledWriter.Application));
        var row = Assert.Single(await TestLake.RowsAsync(session, $"SELECT count(DISTINCT id), sum(n)::BIGINT, count(*) FROM {KilledWriter.Table}")).Split('|');
        Assert.Equal(row[0], row[2]);
        return (snapshot.Version, long.Parse(row[0], CultureInfo.InvariantCulture), long.Parse(row[1], CultureInfo.InvariantCulture));
    }
}
