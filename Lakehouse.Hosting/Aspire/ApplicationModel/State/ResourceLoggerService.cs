using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The console log of each resource: what the process wrote and what the orchestrator has to say about it. Keeps the last
/// lines of each; a line carries its time (UTC) in front. Safe for concurrent use.
/// </summary>
public class ResourceLoggerService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);
    private readonly CancellationTokenSource _disposing = new();
    private readonly List<ChannelWriter<LogSubscriber>> _watchers = [];

    /// <summary>A logger into a resource's console log, into that of each of its replicas.</summary>
    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ConsoleLogger([.. resource.InstanceNames().Select(Log)]);
    }

    /// <summary>A logger into one replica's console log.</summary>
    public ILogger GetLogger(string resourceName) => new ConsoleLogger([Log(resourceName)]);

    /// <summary>What a resource logged so far.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return ReadAsync(resource.InstanceNames(), follow: false);
    }

    /// <inheritdoc cref="GetAllAsync(IResource)"/>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName) => ReadAsync([resourceName], follow: false);

    /// <summary>What a resource logged so far and logs from now on, until it completes or the reader cancels.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return ReadAsync(resource.InstanceNames(), follow: true);
    }

    /// <inheritdoc cref="WatchAsync(IResource)"/>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => ReadAsync([resourceName], follow: true);

    /// <summary>Which logs are being read, and every change of that.</summary>
    public async IAsyncEnumerable<LogSubscriber> WatchAnySubscribersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        var channel = Channel.CreateUnbounded<LogSubscriber>();
        lock (_watchers)
        {
            foreach (ResourceLog log in _logs.Values.Where(log => log.HasReaders))
                channel.Writer.TryWrite(new(log.Name, true));
            _watchers.Add(channel.Writer);
        }

        try
        {
            await foreach (LogSubscriber change in channel.Reader.ReadAllAsync(ending.Token).ConfigureAwait(false))
                yield return change;
        }
        finally
        {
            lock (_watchers)
                _watchers.Remove(channel.Writer);
        }
    }

    /// <summary>No more lines will come: readers end.</summary>
    public void Complete(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        foreach (string name in resource.InstanceNames())
            Complete(name);
    }

    /// <inheritdoc cref="Complete(IResource)"/>
    public void Complete(string name)
    {
        if (_logs.TryGetValue(name, out ResourceLog? log))
            log.Complete();
    }

    /// <summary>Forgets the lines so far.</summary>
    public void ClearBacklog(string resourceName)
    {
        if (_logs.TryGetValue(resourceName, out ResourceLog? log))
            log.Clear();
    }

    public void Dispose()
    {
        foreach (ResourceLog log in _logs.Values)
            log.Complete();
        _disposing.Cancel();
        GC.SuppressFinalize(this);
    }

    /// <summary>Adds a line that a process wrote at the given time (UTC).</summary>
    internal void Append(string resourceName, DateTime time, string content, bool isError) => Log(resourceName).Append(time, content, isError);

    private ResourceLog Log(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _logs.GetOrAdd(name, static (name, service) => new ResourceLog(name, service.OnReadersChanged), this);
    }

    private void OnReadersChanged(string name, bool any)
    {
        lock (_watchers)
        {
            foreach (ChannelWriter<LogSubscriber> watcher in _watchers)
                watcher.TryWrite(new(name, any));
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<LogLine>> ReadAsync(IReadOnlyList<string> names, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var merged = Channel.CreateUnbounded<IReadOnlyList<LogEntry>>();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] reads = [.. names.Select(name => Log(name).ReadAsync(merged.Writer, follow, ending.Token))];
        _ = Task.WhenAll(reads).ContinueWith(done => merged.Writer.TryComplete(done.Exception?.InnerException), TaskScheduler.Default);
        int number = 0;
        try
        {
            await foreach (IReadOnlyList<LogEntry> entries in merged.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return [.. entries.Select(entry => entry.ToLine(++number))];
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }
}
