using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A line of a log with its time (UTC).</summary>
internal readonly record struct LogEntry(DateTime Time, string Content, bool IsError)
{
    // The dashboard reads the time back from the front of the line.
    public LogLine ToLine(int number) =>
        new(number, Time.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture) + " " + Content, IsError);
}

/// <summary>The last lines of one resource and those who read on.</summary>
internal sealed class ResourceLog(string name, Action<string, bool> onReadersChanged)
{
    private const int Capacity = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<LogEntry> _entries = new();
    private readonly List<ChannelWriter<LogEntry>> _readers = [];
    private bool _completed;

    public string Name => name;

    public bool HasReaders
    {
        get
        {
            lock (_lock)
                return _readers.Count > 0;
        }
    }

    public void Append(DateTime time, string content, bool isError)
    {
        var entry = new LogEntry(time, content, isError);
        lock (_lock)
        {
            if (_completed)
                return;
            if (_entries.Count == Capacity)
                _entries.Dequeue();
            _entries.Enqueue(entry);
            foreach (ChannelWriter<LogEntry> reader in _readers)
                reader.TryWrite(entry);
        }
    }

    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            foreach (ChannelWriter<LogEntry> reader in _readers)
                reader.TryComplete();
        }
    }

    public void Clear()
    {
        lock (_lock)
            _entries.Clear();
    }

    /// <summary>Writes what is there, and with <paramref name="follow"/> what comes, in batches.</summary>
    public async Task ReadAsync(ChannelWriter<IReadOnlyList<LogEntry>> output, bool follow, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<LogEntry>();
        LogEntry[] backlog;
        bool first = false;
        lock (_lock)
        {
            backlog = [.. _entries];
            if (follow && !_completed)
            {
                first = _readers.Count == 0;
                _readers.Add(channel.Writer);
            }
            else
            {
                channel.Writer.Complete();
            }
        }

        if (first)
            onReadersChanged(name, true);
        try
        {
            if (backlog.Length > 0)
                output.TryWrite(backlog);
            while (await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var batch = new List<LogEntry>();
                while (channel.Reader.TryRead(out LogEntry entry))
                    batch.Add(entry);
                output.TryWrite(batch);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The reader has left; there is nobody to tell.
        }
        finally
        {
            bool last;
            lock (_lock)
                last = _readers.Remove(channel.Writer) && _readers.Count == 0;
            if (last)
                onReadersChanged(name, false);
        }
    }
}

/// <summary>Writes into the logs of a resource's replicas.</summary>
internal sealed class ConsoleLogger(IReadOnlyList<ResourceLog> logs) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string message = formatter(state, exception) + (exception is null ? "" : "\n" + exception);
        foreach (ResourceLog log in logs)
            log.Append(DateTime.UtcNow, message, logLevel >= LogLevel.Error);
    }
}
