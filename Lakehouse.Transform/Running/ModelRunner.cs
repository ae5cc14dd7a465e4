using System.Diagnostics;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>
/// Runs a project's nodes on a lake, in the order of their graph and several at once. A runner may run again and again, one run at a
/// time: sessions, and what it knows of the control table, stay between runs.
/// </summary>
public sealed class ModelRunner : IAsyncDisposable
{
    private readonly Lake _lake;
    private readonly DbtProject _project;
    private readonly RunOptions _options;
    private readonly IRunObserver? _observer;
    private readonly SessionPool _sessions;
    private readonly BronzePins _pins;
    private readonly BatchTraces _batches;
    private readonly HashSet<string> _selected;
    private DateTimeOffset? _bronzeCommittedAt;
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>A runner of what the options select.</summary>
    /// <exception cref="SelectionException">The selection cannot be understood.</exception>
    public ModelRunner(Lake lake, DbtProject project, RunOptions? options = null, IRunObserver? observer = null)
    {
        _lake = lake;
        _project = project;
        _options = options ?? new RunOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Threads, 1);
        _observer = observer;
        _sessions = new SessionPool(lake);
        _pins = new BronzePins(lake);
        _batches = new BatchTraces(lake);
        _selected = new Selector(project).Select(_options.Select, _options.Exclude);
    }

    /// <summary>Builds the selected models.</summary>
    public Task<RunResults> RunAsync(CancellationToken cancellationToken = default) => RunAsync("run", n => n is ModelNode, cancellationToken);

    /// <summary>Runs the selected tests on what is stored.</summary>
    public Task<RunResults> TestAsync(CancellationToken cancellationToken = default) => RunAsync("test", n => n is TestNode, cancellationToken);

    /// <summary>Loads the selected seeds.</summary>
    public Task<RunResults> SeedAsync(CancellationToken cancellationToken = default) => RunAsync("seed", n => n is SeedNode, cancellationToken);

    /// <summary>Loads seeds, builds models and runs tests, in the order of the graph: what reads a node waits for the node's tests.</summary>
    public Task<RunResults> BuildAsync(CancellationToken cancellationToken = default) => RunAsync("build", n => n is not SourceNode, cancellationToken);

    /// <summary>Closes the sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sessions.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    private async Task<RunResults> RunAsync(string command, Func<ProjectNode, bool> belongs, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            (var batches, _bronzeCommittedAt) = await _batches.ReadAsync(cancellationToken).ConfigureAwait(false);
            using var activity = BatchTraces.Start(batches);
            activity?.SetTag("lakehouse.command", command);
            var startedAt = DateTimeOffset.UtcNow;
            var clock = Stopwatch.StartNew();
            var invocation = Guid.NewGuid().ToString();
            var ids = _selected.Where(id => belongs(_project.Nodes[id])).ToHashSet(StringComparer.Ordinal);
            var plan = new RunPlan(_project.Graph, ids, testsGate: command == "build");
            _observer?.RunStarted(invocation, plan.Nodes);
            if (plan.Nodes.Count == 0)
                Say($"the selection matches nothing to {command}");
            var context = await ContextAsync(invocation, startedAt, cancellationToken).ConfigureAwait(false);
            var results = await RunNodesAsync(plan, context, cancellationToken).ConfigureAwait(false);
            var run = new RunResults(invocation, command, startedAt, clock.Elapsed, results);
            if (_options.TargetFolder is { } target)
                new ArtifactFiles(_project, target).Write(run);
            Telemetry.Ended(activity, run);
            _observer?.RunFinished(run);
            return run;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<RunContext> ContextAsync(string invocation, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        var vars = new Dictionary<string, object?>(_project.Settings.Vars, StringComparer.Ordinal);
        foreach (var (name, value) in _options.Vars)
            vars[name] = JinjaValue.From(value);
        var settings = new TemplateSettings(_project.Name, vars, invocation, startedAt, _options.FullRefresh, Execute: true, Say);
        var session = _sessions.Rent();
        try
        {
            var pins = await _pins.ReadAsync(session, cancellationToken).ConfigureAwait(false);
            return new RunContext(_lake, _project, _options, new Compiler(_project, settings), new RunVersions(_lake, pins), invocation, startedAt, Say);
        }
        finally
        {
            _sessions.Return(session);
        }
    }

    private async Task<IReadOnlyList<NodeResult>> RunNodesAsync(RunPlan plan, RunContext context, CancellationToken cancellationToken)
    {
        // Who waits for a node goes on where its end is told: it asks for a place before the node gives its own back.
        var ended = plan.Nodes.ToDictionary(n => n.UniqueId, _ => new TaskCompletionSource<NodeResult>(), StringComparer.Ordinal);
        var workers = new Workers(_options.Threads);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var results = new List<NodeResult>();
        await Task.WhenAll(plan.Nodes.OrderByDescending(n => plan.ChainBehind(n.UniqueId)).Select(RunInTurnAsync).ToList()).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return results;

        async Task RunInTurnAsync(ProjectNode node)
        {
            try
            {
                if (await SkippedForParentAsync(node).ConfigureAwait(false) is { } skipped)
                {
                    Tell(skipped);
                    return;
                }
                await workers.EnterAsync(plan.ChainBehind(node.UniqueId)).ConfigureAwait(false);
                try
                {
                    Tell(stop.IsCancellationRequested
                        ? Skipped(node, "skipped, because the run was cancelled")
                        : await Task.Run(() => RunNodeAsync(node, context, stop.Token), CancellationToken.None).ConfigureAwait(false));
                }
                finally
                {
                    workers.Leave();
                }
            }
            catch (Exception e)
            {
                // Not the node's own error: it ends the run. What waits for the node hears of it too, or it would wait for ever.
                ended[node.UniqueId].TrySetException(e);
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }

        async Task<NodeResult?> SkippedForParentAsync(ProjectNode node)
        {
            foreach (var id in plan.WaitsFor(node.UniqueId))
            {
                var parent = await ended[id].Task.ConfigureAwait(false);
                if (parent.IsFailure || parent.Status == NodeStatus.Skipped)
                    return Skipped(node, $"skipped, because {parent.Node.Name} {(parent.Status == NodeStatus.Skipped ? "was skipped" : "failed")}");
            }
            return null;
        }

        void Tell(NodeResult result)
        {
            lock (results)
                results.Add(result);
            _observer?.NodeFinished(result);
            ended[result.Node.UniqueId].SetResult(result);
        }
    }

    private static NodeResult Skipped(ProjectNode node, string why) =>
        new() { Node = node, Status = NodeStatus.Skipped, Message = why, StartedAt = DateTimeOffset.UtcNow };

    private async Task<NodeResult> RunNodeAsync(ProjectNode node, RunContext context, CancellationToken cancellationToken)
    {
        _observer?.NodeStarted(node);
        using var activity = Telemetry.Activities.StartActivity(node.ResourceType);
        activity?.SetTag("lakehouse.node", node.UniqueId).DisplayName = $"{node.ResourceType} {node.Name}";
        var startedAt = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        var session = _sessions.Rent();
        NodeResult result;
        try
        {
            result = await (node switch
            {
                ModelNode model => new ModelExecution(context, model, session).RunAsync(cancellationToken),
                SeedNode seed => new SeedExecution(context, seed, session).RunAsync(cancellationToken),
                TestNode test => new TestExecution(context, test, session).RunAsync(cancellationToken),
                _ => throw new InvalidOperationException($"{node.UniqueId} cannot be run"),
            }).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOwn(e))
        {
            result = new NodeResult { Node = node, Status = NodeStatus.Error, Message = $"{node.File}: {e.Message}" };
        }
        catch (OperationCanceledException)
        {
            result = Skipped(node, "interrupted, because the run was cancelled");
        }
        finally
        {
            _sessions.Return(session);
        }
        result = result with { StartedAt = startedAt, Duration = clock.Elapsed };
        Telemetry.Ended(activity, result, _bronzeCommittedAt);
        return result;
    }

    /// <summary>Errors that belong to a node and leave the rest of the run alone. Anything else is a fault of the program, and ends the run.</summary>
    private static bool IsOwn(Exception e) =>
        e is TransformException or ProjectException or JinjaException or DuckDbException or EngineException or DeltaException or StorageException or IOException or UnauthorizedAccessException or ArgumentException;

    private void Say(string text) => _observer?.Message(text);
}
