using System.Globalization;

namespace Lakehouse.Delta.Tests.Schedules;

/// <summary>
/// Random schedules of concurrent writers against a sequential model. One seed again, with every call: <c>LAKEHOUSE_SCHEDULE_SEED</c>;
/// more of them: <c>LAKEHOUSE_SCHEDULES</c>.
/// </summary>
public sealed class ScheduleTests
{
    private const int FirstSeed = 20261122;

    [Fact]
    public async Task Whatever_the_order_of_calls_the_commits_are_a_serial_history()
    {
        int schedules = Setting("LAKEHOUSE_SCHEDULES") ?? 10_000;
        int? only = Setting("LAKEHOUSE_SCHEDULE_SEED");
        int first = only ?? FirstSeed, count = only is null ? schedules : 1;
        TestContext.Current.TestOutputHelper?.WriteLine($"seeds {first} to {first + count - 1}");

        // A thread without a synchronization context: whatever goes on goes on at once.
        (int commits, int merged, int refused) = await Task.Run(() => RunAll(first, count, only is not null), TestTable.Token);

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} schedules: {commits} commits, {merged} of them with merged deletion vectors; {refused} tries refused");
        if (only is null && schedules >= 1000) Assert.True(merged > schedules / 50 && refused > schedules / 10 && commits > schedules, "the schedules hardly meet");
    }

    private static (int Commits, int Merged, int Refused) RunAll(int first, int count, bool traces)
    {
        int commits = 0, merged = 0, refused = 0;
        for (int seed = first; seed < first + count; seed++)
        {
            Schedule schedule = new(seed, traces);
            try
            {
                schedule.Run();
            }
            catch (Exception exception)
            {
                string trace = Traced(seed, traces ? schedule : null);
                throw new InvalidOperationException($"Seed {seed} (set LAKEHOUSE_SCHEDULE_SEED={seed} to repeat it): {exception.Message}\n{trace}", exception);
            }

            commits += schedule.Counts.Commits;
            merged += schedule.Counts.Merged;
            refused += schedule.Counts.Refused;
        }

        return (commits, merged, refused);
    }

    /// <summary>The calls of a schedule that failed: it fails again, now with a trace.</summary>
    private static string Traced(int seed, Schedule? traced)
    {
        if (traced is null)
        {
            traced = new Schedule(seed, traces: true);
            Record.Exception(traced.Run);
        }

        return string.Join('\n', traced.Trace);
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;
}
