namespace Lakehouse.Transform.Service;

/// <summary>The newest runs of this process. What the runs wrote is in the lake; the list itself is not kept.</summary>
internal sealed class RunHistory(int limit)
{
    private readonly Lock turn = new();
    private readonly LinkedList<RunRecord> runs = new();

    /// <summary>Newest first.</summary>
    public IReadOnlyList<RunRecord> All
    {
        get
        {
            lock (turn) return [.. runs];
        }
    }

    /// <summary>The run of that id; null when it is unknown, or no longer known.</summary>
    public RunRecord? Find(string id) => All.FirstOrDefault(run => run.Id == id);

    /// <summary>Adds a run, or replaces what is known of it.</summary>
    public void Put(RunRecord run)
    {
        lock (turn)
        {
            for (LinkedListNode<RunRecord>? node = runs.First; node is not null; node = node.Next)
            {
                if (node.Value.Id != run.Id) continue;
                node.Value = run;
                return;
            }
            runs.AddFirst(run);
            if (runs.Count > limit) runs.RemoveLast();
        }
    }
}
