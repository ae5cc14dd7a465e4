using Lakehouse.Engine;
using Lakehouse.Testing;

namespace Lakehouse.Transform.Tests;

/// <summary>A run on a lake of its own in the same folder, held up at a call to the store until it may go on or is made to fail.</summary>
internal sealed class PausedRun : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly Lake _lake;
    private readonly ModelRunner _runner;
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Fault> _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<StoreCall, bool>? _pauseAt;
    private Task<RunResults>? _run;

    public PausedRun(TransformLake lake, DbtProject project)
    {
        _lake = Lake.Open(lake.Folder, new LakeOptions { Threads = 1, WrapStore = store => new FlakyObjectStore(store, Pause) });
        _runner = new ModelRunner(_lake, project);
    }

    /// <summary>Runs up to the first look at a table.</summary>
    public Task ToLookAtAsync(string folder) => StartAsync(call => call.Key.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>Runs up to the commit to a table.</summary>
    public Task ToCommitOfAsync(string folder) => StartAsync(call => call.Operation == "create" && call.Key.StartsWith(folder + "/_delta_log/", StringComparison.Ordinal));

    /// <summary>Lets the run end.</summary>
    /// <param name="fault">What becomes of the call that it was held up at, and of every further try.</param>
    public Task<RunResults> ToEndAsync(Fault fault = Fault.None)
    {
        _goOn.TrySetResult(fault);
        return _run!.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _goOn.TrySetResult(Fault.None);
        await _runner.DisposeAsync();
        await _lake.DisposeAsync();
    }

    private Task StartAsync(Func<StoreCall, bool> pauseAt)
    {
        _pauseAt = pauseAt;
        _run = _runner.RunAsync(TestContext.Current.CancellationToken);
        return _reached.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    private Fault Pause(StoreCall call)
    {
        if (_pauseAt?.Invoke(call) != true)
            return Fault.None;
        _reached.TrySetResult();
        return _goOn.Task.GetAwaiter().GetResult();
    }
}
