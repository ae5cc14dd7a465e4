using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Lakehouse.DuckDb;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>
/// Two segments going round between the stream, which fills one, and the lake, which the other is written to. The stream
/// waits when both are full: memory is bounded, and the source's log is the queue.
/// </summary>
internal sealed class SegmentPipeline : IAsyncDisposable
{
    private readonly Channel<ChangeSegment> _free = Channel.CreateBounded<ChangeSegment>(2);
    private readonly Channel<ChangeSegment> _filled = Channel.CreateBounded<ChangeSegment>(2);
    private readonly List<ChangeSegment> _segments = [];
    private readonly Func<ChangeSegment, Task> _write;
    private volatile bool _stopping;
    private int _inFlight;

    /// <param name="database">Where rows are buffered.</param>
    /// <param name="write">Writes one segment; segments come one at a time, in order.</param>
    public SegmentPipeline(DuckDbDatabase database, Func<ChangeSegment, Task> write)
    {
        _write = write;
        for (var i = 0; i < 2; i++)
        {
            var segment = new ChangeSegment(database);
            _segments.Add(segment);
            _free.Writer.TryWrite(segment);
        }
        Completion = Task.Run(WriteAsync);
    }

    /// <summary>Ends when writing failed, or after dispose.</summary>
    public Task Completion { get; }

    /// <summary>Whether everything submitted is written.</summary>
    public bool IsIdle => Volatile.Read(ref _inFlight) == 0;

    /// <summary>An empty segment, as soon as one is free.</summary>
    public async ValueTask<ChangeSegment> RentAsync(CancellationToken ct)
    {
        try
        {
            return await _free.Reader.ReadAsync(ct);
        }
        catch (ChannelClosedException e) when (e.InnerException is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }

    /// <summary>Queues a filled segment.</summary>
    public void Submit(ChangeSegment segment)
    {
        Interlocked.Increment(ref _inFlight);
        _filled.Writer.TryWrite(segment);
    }

    /// <summary>Ends after the segment that is being written; what waits is dropped, to be sent again by the source.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _filled.Writer.TryComplete();
        await Completion.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        foreach (var segment in _segments) segment.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var segment in _filled.Reader.ReadAllAsync())
            {
                if (_stopping) return;
                await _write(segment);
                segment.Clear();
                Interlocked.Decrement(ref _inFlight);
                _free.Writer.TryWrite(segment);
            }
        }
        catch (Exception e)
        {
            _free.Writer.TryComplete(e);
            throw;
        }
    }
}
