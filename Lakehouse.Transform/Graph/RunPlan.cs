namespace Lakehouse.Transform;

/// <summary>The nodes of a run, and for each the nodes of the run that must end before it may begin.</summary>
internal sealed class RunPlan
{
    private readonly Dictionary<string, HashSet<string>> _waitsFor = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _chain = new(StringComparer.Ordinal);

    /// <param name="graph">The project's graph.</param>
    /// <param name="selected">The ids of the run.</param>
    /// <param name="testsGate">Whether what reads a tested node waits for its tests, as dbt's build does.</param>
    public RunPlan(ProjectGraph graph, IReadOnlySet<string> selected, bool testsGate)
    {
        Nodes = [.. graph.Order.Where(n => selected.Contains(n.UniqueId))];
        foreach (var node in Nodes)
            _waitsFor[node.UniqueId] = SelectedAbove(graph, node.UniqueId, selected);
        if (testsGate)
            LetTestsGate(graph);
        foreach (var node in Nodes.Reverse())
        {
            var own = _chain.GetValueOrDefault(node.UniqueId);
            foreach (var parent in _waitsFor[node.UniqueId])
                _chain[parent] = Math.Max(_chain.GetValueOrDefault(parent), own + 1);
        }
    }

    /// <summary>The nodes, parents first.</summary>
    public IReadOnlyList<ProjectNode> Nodes { get; }

    public IReadOnlySet<string> WaitsFor(string id) => _waitsFor[id];

    /// <summary>How many nodes must run one after the other behind this one: of two nodes that may begin, the one with more goes first,
    /// so that the run does not end with one worker on a chain while the others have nothing left.</summary>
    public int ChainBehind(string id) => _chain.GetValueOrDefault(id);

    /// <summary>The nearest ancestors that are in the run; nodes in between that are not are looked through.</summary>
    private static HashSet<string> SelectedAbove(ProjectGraph graph, string id, IReadOnlySet<string> selected)
    {
        var above = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(graph[id].DependsOn);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;
            if (selected.Contains(next))
                above.Add(next);
            else
                foreach (var parent in graph[next].DependsOn)
                    open.Push(parent);
        }
        return above;
    }

    private void LetTestsGate(ProjectGraph graph)
    {
        foreach (var test in Nodes.OfType<TestNode>())
        {
            foreach (var node in Nodes.Where(n => n is ModelNode))
            {
                // A test of several nodes gates only what comes after all of them; else it would wait for itself.
                var ancestors = graph.Around(node.UniqueId, ancestors: true, null).ToHashSet(StringComparer.Ordinal);
                if (test.DependsOn.Count > 0 && test.DependsOn.All(ancestors.Contains))
                    _waitsFor[node.UniqueId].Add(test.UniqueId);
            }
        }
    }
}
