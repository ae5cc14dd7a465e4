namespace Lakehouse.DuckDb;

/// <summary>Joins a command's own cancel, its time limit and a call's token into one.</summary>
internal readonly record struct CommandDeadline(CancellationToken Cancelled, int TimeoutSeconds)
{
    /// <summary>Runs one native step; a step that is cut short by the time limit says so.</summary>
    /// <exception cref="TimeoutException">The time limit passed.</exception>
    internal T Run<T>(Func<CancellationToken, T> step, CancellationToken cancellationToken)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancelled, cancellationToken);
        if (TimeoutSeconds > 0) source.CancelAfter(TimeSpan.FromSeconds(TimeoutSeconds));
        try
        {
            return step(source.Token);
        }
        catch (OperationCanceledException e) when (!Cancelled.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The command ran longer than its CommandTimeout of {TimeoutSeconds} s and was interrupted.", e);
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException(e.Message, e.InnerException, cancellationToken.IsCancellationRequested ? cancellationToken : Cancelled);
        }
    }
}
