using System.Collections.Concurrent;

namespace Lakehouse.Api.Sandbox;

/// <summary>
/// Keeps sandbox processes started ahead of need, so that a query does not wait for one, and bounds how many work at the
/// same time. A process answers one query and dies: nothing of one caller's query can reach another's.
/// </summary>
public sealed partial class SandboxPool : IHostedService, IAsyncDisposable
{
    private readonly ConcurrentQueue<Task<SandboxProcess>> _warm = new();
    private readonly SemaphoreSlim _places;
    private readonly SandboxOptions _options;
    private readonly SandboxSetup _setup;
    private readonly ILogger<SandboxPool> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private int _queued;

    public SandboxPool(SandboxOptions options, SandboxSetup setup, ILogger<SandboxPool> logger)
    {
        _options = options;
        _setup = setup;
        _logger = logger;
        _places = new SemaphoreSlim(options.MaxConcurrent, options.MaxConcurrent);
    }

    /// <summary>Waits for the right to let a sandbox work; dispose the place when it rests or ends.</summary>
    /// <exception cref="SandboxBusyException">Too many wait already.</exception>
    public async Task<Place> EnterAsync(CancellationToken cancellationToken)
    {
        if (_places.Wait(0, CancellationToken.None))
            return new Place(_places);
        if (Interlocked.Increment(ref _queued) > _options.MaxQueued)
        {
            Interlocked.Decrement(ref _queued);
            throw new SandboxBusyException(_options.MaxConcurrent, _options.MaxQueued);
        }
        try
        {
            await _places.WaitAsync(cancellationToken);
            return new Place(_places);
        }
        finally
        {
            Interlocked.Decrement(ref _queued);
        }
    }

    /// <summary>A fresh process, ready for its one query; the caller disposes it.</summary>
    public async Task<SandboxProcess> TakeAsync(CancellationToken cancellationToken)
    {
        while (_warm.TryDequeue(out Task<SandboxProcess>? starting))
        {
            Refill();
            try
            {
                SandboxProcess process = await starting.WaitAsync(cancellationToken);
                if (!process.HasExited)
                    return process;
                await process.DisposeAsync();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                _ = DisposeWhenStartedAsync(starting);
                throw;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                WarmProcessFailed(error);
            }
        }
        return await SandboxProcess.StartAsync(_setup, _options.MaxPageBytes, cancellationToken);
    }

    /// <summary>Returns when a process is up and waiting.</summary>
    /// <exception cref="Exception">Why none comes up.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (!_warm.TryPeek(out Task<SandboxProcess>? first))
        {
            await using SandboxProcess process = await SandboxProcess.StartAsync(_setup, _options.MaxPageBytes, cancellationToken);
            return;
        }
        try
        {
            await first.WaitAsync(cancellationToken);
        }
        catch (Exception) when (first.IsFaulted)
        {
            // replaced, so that the next probe tells of a fresh start
            if (_warm.TryDequeue(out Task<SandboxProcess>? taken) && taken != first)
                _warm.Enqueue(taken);
            Refill();
            throw;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Refill();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        while (_warm.TryDequeue(out Task<SandboxProcess>? starting))
            await DisposeWhenStartedAsync(starting);
    }

    private void Refill()
    {
        while (_warm.Count < _options.Warm && !_stopping.IsCancellationRequested)
            _warm.Enqueue(Task.Run(() => SandboxProcess.StartAsync(_setup, _options.MaxPageBytes, _stopping.Token)));
    }

    private static async Task DisposeWhenStartedAsync(Task<SandboxProcess> starting)
    {
        try
        {
            await (await starting).DisposeAsync();
        }
        catch (Exception)
        {
            // it did not start, so there is nothing to end; whoever takes the next one gets the reason
        }
    }

    /// <summary>The right to work, given back on dispose; more than once does no harm.</summary>
    public sealed class Place(SemaphoreSlim places) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
                places.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sandbox process started ahead of need did not come up; starting another.")]
    private partial void WarmProcessFailed(Exception error);
}
