namespace Lakehouse.Transform;

/// <summary>A number of places to work at. Who waits for one gets it by rank, the highest first, and among equals in turn.</summary>
internal sealed class Workers(int count)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<TaskCompletionSource, (int Rank, long Turn)> _waiting = new();
    private int _free = count;
    private long _turns;

    /// <summary>Waits for a place; <see cref="Leave"/> gives it back.</summary>
    public Task EnterAsync(int rank)
    {
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return Task.CompletedTask;
            }
            var place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(place, (-rank, _turns++));
            return place.Task;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (_waiting.TryDequeue(out var next, out _))
                next.SetResult();
            else
                _free++;
        }
    }
}
