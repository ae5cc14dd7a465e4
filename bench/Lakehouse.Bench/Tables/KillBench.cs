using System.Globalization;
using Lakehouse.Testing.Kills;
using Lakehouse.Testing.Writes;

namespace Lakehouse.Bench.Tables;

/// <summary>
/// A process killed at every step of every verb that writes. Not for time: every table must be as before or as after, and be written and
/// vacuumed then. <c>LAKEHOUSE_KILL_VERB</c> names one verb; a quick run takes every tenth step.
/// </summary>
internal sealed class KillBench : IBench
{
    public string Name => "kills";

    public string Summary => "a process killed at every step of every write: how many tables are neither before nor after, or cannot go on (none)";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        if (!OperatingSystem.IsLinux()) throw new BenchException("Half-written files are brought about by a limit that only Linux has.");
        string? only = Environment.GetEnvironmentVariable("LAKEHOUSE_KILL_VERB");
        await using KillSweep sweep = new(context.Folder, typeof(KillBench).Assembly);
        int kills = 0, failures = 0, verbs = 0;
        Dictionary<KillOutcome, int> all = [];
        foreach (WriteVerb verb in WriteVerb.All.Where(verb => only is null || verb.Name == only))
        {
            VerbSteps steps = await sweep.PrepareAsync(verb);
            Dictionary<KillOutcome, int> outcomes = [];
            verbs++;
            for (int i = 0; i < steps.Steps.Count; i += context.Size(1, 10))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                kills++;
                try
                {
                    KillOutcome outcome = await sweep.KillAsync(steps, steps.Steps[i], context.Cancellation);
                    outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
                }
                catch (KillSweepException exception)
                {
                    failures++;
                    await context.Progress.WriteLineAsync(exception.Message);
                }
            }

            await context.Progress.WriteLineAsync($"{verb.Name}: {steps.Steps.Count} steps: {Describe(outcomes)}");
            foreach ((KillOutcome outcome, int count) in outcomes) all[outcome] = all.GetValueOrDefault(outcome) + count;
        }

        return [Figure.AtMost("kills", failures, 0, "failures", string.Create(CultureInfo.InvariantCulture, $"{kills} steps of {verbs} verbs: {Describe(all)}"), PeakMemory.ReadMb())];
    }

    private static string Describe(Dictionary<KillOutcome, int> outcomes) =>
        string.Join(", ", outcomes.OrderBy(outcome => outcome.Key).Select(outcome => $"{outcome.Value} {outcome.Key.ToString().ToLowerInvariant()}"));
}
