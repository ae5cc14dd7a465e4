using Lakehouse.Cli.Shell;
using Lakehouse.Transform;
using NpgsqlTypes;

namespace Lakehouse.Cli.Demo;

/// <summary>Runs the sample models, once or every second, and tells the recorder what became visible when.</summary>
public sealed class ModelLoop(ModelRunner runner, FreshnessRecorder recorder)
{
    private const string Silver = "silver";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly List<TimeSpan> _durations = [];

    /// <summary>How long each run since the first took.</summary>
    public IReadOnlyList<TimeSpan> Durations => _durations;

    /// <summary>Loads the project's seeds and builds all models over what bronze holds now.</summary>
    public async Task BuildAsync(CancellationToken cancellationToken)
    {
        Check(await runner.SeedAsync(cancellationToken));
        await RunOnceAsync(cancellationToken);
        _durations.Clear();
    }

    /// <summary>One run over everything that bronze holds now.</summary>
    /// <exception cref="CommandFailedException">A model failed.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        NpgsqlLogSequenceNumber position = recorder.BronzePosition;
        RunResults results = await runner.RunAsync(cancellationToken);
        Check(results);
        recorder.ModelsCommitted(position, LastEnd(results, IsSilver), LastEnd(results, result => !IsSilver(result)));
        _durations.Add(results.Duration);
    }

    /// <summary>Runs every second, or as soon as the run before has ended, until <paramref name="stop"/>; the run under way is finished.</summary>
    /// <param name="stop">Ends the loop between two runs.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
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

    private static DateTimeOffset LastEnd(RunResults results, Func<NodeResult, bool> belongs) =>
        results.Results.Where(belongs).Select(result => result.StartedAt + result.Duration).DefaultIfEmpty(results.StartedAt + results.Duration).Max();

    private static bool IsSilver(NodeResult result) => result.Node is ModelNode model && model.Relation.Schema == Silver;

    private static void Check(RunResults results)
    {
        if (results.Succeeded)
            return;
        IEnumerable<string> failures = results.Results.Where(result => result.IsFailure).Select(result => $"{result.Node.Name}: {result.Message}");
        throw new CommandFailedException($"the models failed: {string.Join("; ", failures)}");
    }
}
