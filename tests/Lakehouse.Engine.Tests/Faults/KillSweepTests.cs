using System.Globalization;
using System.Runtime.Versioning;
using Lakehouse.Testing;
using Lakehouse.Testing.Kills;
using Lakehouse.Testing.Writes;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>
/// A few of the steps at which <c>Lakehouse.Bench kills</c> kills a process, one of every kind and as many more, chosen by a seed:
/// <c>LAKEHOUSE_KILL_SEED</c> and <c>LAKEHOUSE_KILLS</c> say which and how many.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class KillSweepTests
{
    private const int Kills = 8;

    [Fact]
    public async Task A_process_that_is_killed_at_any_step_leaves_the_table_before_or_after()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Half-written files are brought about by a limit that only Linux has.");
        var seed = Setting("LAKEHOUSE_KILL_SEED") ?? 20261122;
        var kills = Setting("LAKEHOUSE_KILLS") ?? Kills;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        await using var sweep = new KillSweep(folder.Path, typeof(KillSweepTests).Assembly);
        for (var kill = 0; kill < kills; kill++)
        {
            var verb = await sweep.PrepareAsync(WriteVerb.All[random.Next(WriteVerb.All.Count)]);
            var moment = (KillMoment)(kill % 4);
            var steps = verb.Steps.Where(step => step.Moment == moment).DefaultIfEmpty(verb.Steps[0]).ToList();
            var step = steps[random.Next(steps.Count)];
            try
            {
                var outcome = await sweep.KillAsync(verb, step, TestContext.Current.CancellationToken);
                TestContext.Current.TestOutputHelper?.WriteLine($"{verb.Verb.Name}, {step}: {outcome}");
            }
            catch (KillSweepException exception)
            {
                Assert.Fail($"seed {seed}, kill {kill}: {exception}");
            }
        }
    }

    private static int? Setting(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
}
