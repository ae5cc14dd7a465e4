using System.Globalization;

namespace Lakehouse.Delta.Tests.Schedules;

/// <summary>What becomes of one call of a writer to the store.</summary>
internal enum Fate
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>It is not done, and the store says so.</summary>
    Fails,

    /// <summary>It is not done, and nobody is told.</summary>
    LostBefore,

    /// <summary>It is done, and nobody is told.</summary>
    LostAfter,

    /// <summary>It is done, and the writer dies before it hears of it.</summary>
    DiesAfter,
}

/// <summary>
/// Lets one call of one writer to the store happen at a time, and chooses by a seed whose. Everything runs on the thread that calls
/// <see cref="Run"/>: a call that is let go runs up to the writer's next one. Time passes by the calls, and waits end by choice.
/// </summary>
internal sealed class Scheduler(int seed, Func<Random, string, Fate>? faults = null, bool traces = false) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly Random _random = new(seed);
    private readonly Random _faultRandom = new(~seed);
    private readonly List<(int Writer, string Operation, TaskCompletionSource<Fate> Go)> _pending = [];
    private readonly List<Timer> _timers = [];
    private readonly HashSet<int> _dead = [];
    private long _steps;

    /// <summary>What happened, one line a call, where it is recorded.</summary>
    public List<string> Trace { get; } = [];

    /// <summary>Writers that died.</summary>
    public IReadOnlySet<int> Dead => _dead;

    /// <summary>Whether any call was not simply done.</summary>
    public bool Faulted { get; private set; }

    public override DateTimeOffset GetUtcNow() => Start.AddMilliseconds(_steps);

    /// <summary>Waits until the writer may make its call.</summary>
    public Task<Fate> AskAsync(int writer, string operation)
    {
        TaskCompletionSource<Fate> go = new();
        if (!_dead.Contains(writer)) _pending.Add((writer, operation, go));
        return go.Task;
    }

    /// <summary>The writer makes no call any more, and what it waits for never comes.</summary>
    public Task<T> DieAsync<T>(int writer)
    {
        _dead.Add(writer);
        _pending.RemoveAll(pending => pending.Writer == writer);
        return new TaskCompletionSource<T>().Task;
    }

    /// <summary>Runs writers to their ends.</summary>
    public void Run(IReadOnlyList<Func<Task>> writers)
    {
        Task[] running = [.. writers.Select((writer, i) => BeginAsync(i, writer))];
        while (Enumerable.Range(0, running.Length).Any(i => !running[i].IsCompleted && !_dead.Contains(i)))
        {
            int choices = _pending.Count + _timers.Count;
            if (choices == 0) throw new InvalidOperationException("Writers wait for each other, or for something outside the schedule.");
            if (_steps++ > 20_000) throw new InvalidOperationException("The schedule does not end.");
            int choice = _random.Next(choices);
            if (choice >= _pending.Count)
            {
                _timers[choice - _pending.Count].Fire();
                continue;
            }

            (int writer, string operation, TaskCompletionSource<Fate> go) = _pending[choice];
            _pending.RemoveAt(choice);
            Fate fate = faults?.Invoke(_faultRandom, operation) ?? Fate.Done;
            Faulted |= fate != Fate.Done;
            if (traces) Trace.Add(string.Create(CultureInfo.InvariantCulture, $"{_steps,5} writer {writer}: {operation}{(fate == Fate.Done ? "" : $" -> {fate}")}"));
            go.SetResult(fate);
        }

        foreach (Task writer in running.Where(writer => writer.IsFaulted)) writer.GetAwaiter().GetResult();

        async Task BeginAsync(int i, Func<Task> writer)
        {
            await AskAsync(i, "start");
            await writer();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        _timers.Add(timer);
        return timer;
    }

    private sealed class Timer(Scheduler scheduler, TimerCallback callback, object? state) : ITimer
    {
        public void Fire()
        {
            scheduler._timers.Remove(this);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => scheduler._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
