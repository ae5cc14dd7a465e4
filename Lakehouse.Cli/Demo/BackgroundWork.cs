namespace Lakehouse.Cli.Demo;

/// <summary>
/// Work that goes on beside other work until it is stopped. Whoever works beside it does so within
/// <see cref="WhileAsync{T}"/>, so that nobody waits for what a failed companion can no longer do.
/// </summary>
public sealed class BackgroundWork : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Task _task;
    private readonly string _name;

    private BackgroundWork(string name, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        _name = name;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _task = Task.Run(() => work(_stop.Token), CancellationToken.None);
    }

    /// <summary>Starts work that ends when its token is cancelled.</summary>
    public static BackgroundWork Start(string name, Func<CancellationToken, Task> work, CancellationToken cancellationToken) =>
        new(name, work, cancellationToken);

    /// <summary>Works while the background goes on.</summary>
    /// <exception cref="Exception">What ended the background, after <paramref name="work"/> was cancelled.</exception>
    public async Task<T> WhileAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T> foreground = work(together.Token);
        if (await Task.WhenAny(foreground, _task) == foreground)
            return await foreground;
        await together.CancelAsync();
        await ((Task)foreground).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _task;
        cancellationToken.ThrowIfCancellationRequested();
        throw new InvalidOperationException($"{_name} ended before it was told to.");
    }

    /// <inheritdoc cref="WhileAsync{T}"/>
    public Task WhileAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken) =>
        WhileAsync(
            async token =>
            {
                await work(token);
                return true;
            },
            cancellationToken);

    /// <summary>Stops it, waits for its end and passes its failure on.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _task;
    }

    /// <summary>Stops it and waits for its end; its failure, if any, has been passed on by <see cref="WhileAsync{T}"/> or no longer matters.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
