using System.Globalization;
using Lakehouse.Cli.Shell;
using Lakehouse.Transform;

namespace Lakehouse.Cli.Models;

/// <summary>How far a run is, on one line of standard error that is gone at the end; failures stay, and so does what templates print.</summary>
public sealed class RunLog : IRunObserver, IDisposable
{
    private readonly LiveLine _line = new();
    private int _nodes;
    private int _finished;

    public void RunStarted(string invocationId, IReadOnlyList<ProjectNode> nodes)
    {
        _nodes = nodes.Count;
        _finished = 0;
    }

    public void NodeFinished(NodeResult result)
    {
        int finished = Interlocked.Increment(ref _finished);
        _line.Show(string.Create(CultureInfo.InvariantCulture, $"{finished} of {_nodes}: {result.Node.Name}"));
    }

    public void Message(string text) => Terminal.Error.WriteLine(text);

    public void Dispose() => _line.Dispose();
}
