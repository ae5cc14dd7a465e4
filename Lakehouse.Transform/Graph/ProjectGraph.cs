using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>The nodes of a project by who reads whom. It has no circle: <see cref="Order"/> lists every node after all that it reads.</summary>
internal sealed class ProjectGraph
{
    private readonly IReadOnlyDictionary<string, ProjectNode> _nodes;
    private readonly Dictionary<string, List<string>> _children = new(StringComparer.Ordinal);

    /// <exception cref="ProjectException">Nodes read each other in a circle; the message names the way round.</exception>
    public ProjectGraph(IReadOnlyDictionary<string, ProjectNode> nodes)
    {
        _nodes = nodes;
        foreach (var id in nodes.Keys)
            _children[id] = [];
        foreach (var node in nodes.Values)
            foreach (var parent in node.DependsOn)
                _children[parent].Add(node.UniqueId);
        foreach (var children in _children.Values)
            children.Sort(StringComparer.Ordinal);
        Order = Sort();
    }

    /// <summary>All nodes, parents first; nodes that do not depend on each other in the order of their ids.</summary>
    public IReadOnlyList<ProjectNode> Order { get; }

    public ProjectNode this[string id] => _nodes[id];

    public IReadOnlyList<string> ChildrenOf(string id) => _children[id];

    /// <summary>A node's ancestors, or descendants, within a number of steps; null = all.</summary>
    public IEnumerable<string> Around(string id, bool ancestors, int? steps)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var edge = new List<string> { id };
        for (var i = 0; edge.Count > 0 && (steps is null || i < steps); i++)
            edge = [.. edge.SelectMany(n => ancestors ? _nodes[n].DependsOn : _children[n]).Where(found.Add)];
        return found;
    }

    private List<ProjectNode> Sort()
    {
        var order = new List<ProjectNode>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        var path = new List<string>();
        foreach (var id in _nodes.Keys.Order(StringComparer.Ordinal))
            Visit(id);
        return order;

        void Visit(string id)
        {
            if (done.Contains(id))
                return;
            var seen = path.IndexOf(id);
            if (seen >= 0)
                throw Cycle([.. path.Skip(seen), id]);
            path.Add(id);
            foreach (var parent in _nodes[id].DependsOn)
                Visit(parent);
            path.RemoveAt(path.Count - 1);
            done.Add(id);
            order.Add(_nodes[id]);
        }
    }

    private ProjectException Cycle(IReadOnlyList<string> path)
    {
        var place = new SourceLocation(_nodes[path[0]].File, 0, 0);
        return new ProjectException(place, $"models read each other in a circle: {string.Join(" -> ", path.Select(p => _nodes[p].Name))}; break it at one of the refs");
    }
}
