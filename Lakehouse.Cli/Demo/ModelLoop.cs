using Lakehouse.Cli.Shell;
using Lakehouse.Engine;
using Lakehouse.Transform;
using NpgsqlTypes;

namespace Lakehouse.Cli.Demo;

/// <summary>Runs the sample models, once or every second, and tells the recorder what became visible when.</summary>
public sealed class ModelLoop(Lake lake, DbtProject project, RunOptions options, FreshnessRecorder recorder)
{
    private const string Silver = "silver";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly List<TimeSpan> _durations = [];

    /// <summary>How long each run took.</summary>
    public IReadOnlyList<TimeSpan> Durations => _durations;

    /// <summary>Loads the project's seeds.</summary>
    public async Task SeedAsync(CancellationToken cancellationToken) =>
        Check(await new ModelRunner(lake, project, options).SeedAsync(cancellationToken));

    /// <summary>One run over everything that bronze holds now.</summary>
    /// <exception cref="CommandFailedException">A model failed.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        NpgsqlLogSequenceNumber position = recorder.BronzePosition;
        RunResults results = await new ModelRunner(lake, project, options).RunAsync(cancellationToken);
        Check(results);
        DateTimeOffset ended = results.StartedAt + results.Duration;
        DateTimeOffset silver = results.Results.Where(IsSilver).Select(result => result.StartedAt + result.Duration).DefaultIfEmpty(ended).Max();
        DateTimeOffset gold = results.Results.Where(result => !IsSilver(result)).Select(result => result.StartedAt + result.Duration).DefaultIfEmpty(ended).Max();
        recorder.ModelsCommitted(position, silver, gold);
        _durations.Add(results.Duration);
    }

    /// <summary>Runs every second, or as soon as the run before has ended, until told to stop; the run under way is finished.</summary>
    public async Task RunUntilAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval);
        while (!stop.IsCancellationRequested)
        {
            await RunOnceAsync(cancellationToken);
            try
            {
                await timer.WaitForNextTickAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static bool IsSilver(NodeResult result) => result.Node is ModelNode model && model.Relation.Schema == Silver;

    private static void Check(RunResults results)
    {
        if (results.Succeeded)
            return;
        IEnumerable<string> failures = results.Results.Where(result => result.IsFailure).Select(result => $"{result.Node.Name}: {result.Message}");
        throw new CommandFailedException($"the models failed: {string.Join("; ", failures)}");
    }
}
