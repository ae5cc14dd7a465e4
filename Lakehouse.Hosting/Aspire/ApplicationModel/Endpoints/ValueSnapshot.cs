namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that is set later, and may be set again: readers wait for the first and then get the latest.</summary>
public sealed class ValueSnapshot<T>
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _value;
    private Exception? _fault;

    /// <summary>True once a value was set and no fault after it.</summary>
    public bool IsValueSet
    {
        get
        {
            lock (_lock)
                return _first.Task.IsCompleted && _fault is null;
        }
    }

    /// <summary>The latest value; waits for one. Throws the fault where one was set instead.</summary>
    public async Task<T> GetValueAsync(CancellationToken cancellationToken = default)
    {
        await _first.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
            return _fault is null ? _value! : throw _fault;
    }

    public void SetValue(T value) => Set(value, null);

    public void SetException(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Set(default, exception);
    }

    private void Set(T? value, Exception? fault)
    {
        lock (_lock)
            (_value, _fault) = (value, fault);
        _first.TrySetResult();
    }
}
