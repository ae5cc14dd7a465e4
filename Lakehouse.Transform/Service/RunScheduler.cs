using System.Diagnostics;
using System.Threading.Channels;
using Lakehouse.Engine;
using Lakehouse.ServiceDefaults.Clients.Catalog;

namespace Lakehouse.Transform.Service;

/// <summary>
/// Runs the models one run at a time: when <c>bronze._commits</c> has advanced, at most every interval; when somebody asks;
/// and again after a failed run, with growing pauses. Seeds are loaded before the first run.
/// </summary>
internal sealed partial class RunScheduler(
    Lake lake, DbtProject project, TransformServiceOptions options, RunHistory history, ILogger<RunScheduler> logger, TableAnnouncements? announcements = null) : BackgroundService
{
    private static readonly TableName Commits = new("bronze", "_commits");

    private readonly Channel<Asked> asked = Channel.CreateUnbounded<Asked>(new UnboundedChannelOptions { SingleReader = true });
    private long? seen;
    private int failures;
    private bool seeded;
    private long lastStart;

    /// <summary>The run that has been asked for; its task ends with the run.</summary>
    /// <exception cref="SelectionException">The selection cannot be understood.</exception>
    public (RunRecord Run, Task<RunRecord> Ended) Ask(RunRequest request)
    {
        RunOptions runOptions = Options with { Select = request.Select is { Length: > 0 } select ? [select] : [], FullRefresh = request.FullRefresh };
        var runner = new ModelRunner(lake, project, runOptions);
        var run = NewRun(RunTrigger.Request, request.Select);
        var ended = new TaskCompletionSource<RunRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
        history.Put(run);
        asked.Writer.TryWrite(new Asked(run, runner, ended));
        return (run, ended.Task);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var runner = new ModelRunner(lake, project, Options);
        try
        {
            while (true)
            {
                while (asked.Reader.TryRead(out Asked? next)) await RunAskedAsync(next, stoppingToken);
                if (await DueAsync(stoppingToken) is { } due) await RunDueAsync(runner, due.Trigger, due.Version, stoppingToken);
                await WaitAsync(stoppingToken);
            }
        }
        finally
        {
            while (asked.Reader.TryRead(out Asked? left)) left.Ended.TrySetResult(Put(left.Run with { Phase = RunPhase.Cancelled }));
        }
    }

    private RunOptions Options => options.Threads is { } threads ? new RunOptions { Threads = threads } : new RunOptions();

    private async Task<(RunTrigger Trigger, long Version)?> DueAsync(CancellationToken ct)
    {
        TimeSpan since = lastStart == 0 ? TimeSpan.MaxValue : Stopwatch.GetElapsedTime(lastStart);
        if (since < options.Interval) return null;
        long? version = null;
        try
        {
            version = (await lake.Table(Commits).TrySnapshotAsync(ct))?.Version;
        }
        catch (Exception error) when (error is IOException or Delta.DeltaException or UnauthorizedAccessException)
        {
            LakeUnread(error.Message);
        }
        if (version is null) return null;
        if (version != seen && failures == 0) return (RunTrigger.Bronze, version.Value);
        return failures > 0 && since >= RetryPause() ? (RunTrigger.Retry, version.Value) : null;
    }

    private TimeSpan RetryPause()
    {
        double seconds = options.Interval.TotalSeconds * Math.Pow(2, Math.Min(failures, 16));
        return TimeSpan.FromSeconds(Math.Min(seconds, options.MaxRetryPause.TotalSeconds));
    }

    private async Task WaitAsync(CancellationToken ct)
    {
        using var poll = CancellationTokenSource.CreateLinkedTokenSource(ct);
        poll.CancelAfter(options.Poll);
        try
        {
            await asked.Reader.WaitToReadAsync(poll.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Time for another look at bronze.
        }
    }

    private async Task RunAskedAsync(Asked next, CancellationToken ct)
    {
        await using ModelRunner runner = next.Runner;
        try
        {
            await RunAsync(runner, next.Run, null, ct);
        }
        finally
        {
            // Also when the service stops: whoever waits would hold it up.
            next.Ended.TrySetResult(history.Find(next.Run.Id) ?? next.Run);
        }
    }

    private async Task RunDueAsync(ModelRunner runner, RunTrigger trigger, long version, CancellationToken ct)
    {
        lastStart = Stopwatch.GetTimestamp();
        seen = version;
        RunRecord ended = await RunAsync(runner, NewRun(trigger, null), version, ct);
        failures = ended.Phase == RunPhase.Failed ? failures + 1 : 0;
    }

    private async Task<RunRecord> RunAsync(ModelRunner runner, RunRecord run, long? version, CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        run = Put(run with { Phase = RunPhase.Running, StartedAt = DateTimeOffset.UtcNow, BronzeVersion = version });
        try
        {
            await SeedAsync(ct);
            RunResults results = await runner.RunAsync(ct);
            foreach (NodeResult node in results.Results) Tell(node);
            return Put(run with
            {
                Phase = results.Succeeded ? RunPhase.Succeeded : RunPhase.Failed,
                Seconds = Math.Round(results.Duration.TotalSeconds, 3),
                Nodes = [.. results.Results.Select(RunNode.Of)],
            });
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Put(run with { Phase = RunPhase.Cancelled, Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds });
            throw;
        }
        catch (Exception error)
        {
            // Whatever broke the run, the next one starts from what is committed.
            RunBroke(error);
            return Put(run with { Phase = RunPhase.Failed, Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds, Error = error.Message });
        }
    }

    private async Task SeedAsync(CancellationToken ct)
    {
        if (seeded) return;
        await using var runner = new ModelRunner(lake, project, Options);
        RunResults results = await runner.SeedAsync(ct);
        foreach (NodeResult node in results.Results) Tell(node);
        seeded = results.Succeeded;
    }

    private void Tell(NodeResult node)
    {
        if (node.IsFailure) NodeFailed(node.Node.UniqueId, node.Message);
        if (node.Version is { } version && Relations.Of(node.Node) is { } table) announcements?.Announce(table.ToString(), version);
    }

    private static RunRecord NewRun(RunTrigger trigger, string? select) => new(Guid.NewGuid().ToString("N")[..12], trigger, select, RunPhase.Queued, DateTimeOffset.UtcNow);

    private RunRecord Put(RunRecord run)
    {
        history.Put(run);
        return run;
    }

    private sealed record Asked(RunRecord Run, ModelRunner Runner, TaskCompletionSource<RunRecord> Ended);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Node} failed: {Reason}")]
    private partial void NodeFailed(string node, string? reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The run broke off")]
    private partial void RunBroke(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "bronze._commits could not be read: {Reason}")]
    private partial void LakeUnread(string reason);
}
