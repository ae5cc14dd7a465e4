using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Lakehouse.Storage.S3;

/// <summary>
/// The one writer of a bucket without put-if-absent. It keeps an object that says so and renews it; a second process that sees it
/// renewed is refused, and one that finds its own replaced stops. A guard against mistakes: without put-if-absent a bucket
/// can have no lock.
/// </summary>
internal sealed class SingleWriter : IAsyncDisposable
{
    private const string Key = "_lakehouse/writer";

    private readonly ConditionalPut _puts;
    private readonly S3Options _options;
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _end = new();
    private Task _renewing = Task.CompletedTask;
    private long _renewed;
    private int _number;
    private bool _isLost;

    private SingleWriter(ConditionalPut puts, S3Options options) => (_puts, _options) = (puts, options);

    /// <summary>Becomes the writer.</summary>
    /// <exception cref="ConditionalPutException">There is one.</exception>
    public static async Task<SingleWriter> BeginAsync(ConditionalPut puts, S3Options options, CancellationToken cancellationToken)
    {
        SingleWriter writer = new(puts, options);
        if (await puts.FindIdAsync(Key, cancellationToken).ConfigureAwait(false) is { } before)
        {
            // No clocks are compared: a writer that lives renews its mark while we look.
            await Task.Delay(options.WriterRenewal * 3, cancellationToken).ConfigureAwait(false);
            if (await puts.FindIdAsync(Key, cancellationToken).ConfigureAwait(false) is { } now && now != before) throw writer.Refusal();
        }

        await writer.MarkAsync(cancellationToken).ConfigureAwait(false);
        // Two that begin at once: the later mark stays, and its owner is the writer.
        await Task.Delay(options.WriterRenewal / 2, cancellationToken).ConfigureAwait(false);
        if (!await writer.StandsAsync(cancellationToken).ConfigureAwait(false)) throw writer.Refusal();
        writer._renewing = writer.RenewAsync();
        return writer;
    }

    /// <summary>Waits for this process's other writes, and makes sure that it is the writer still.</summary>
    /// <exception cref="ConditionalPutException">It is not.</exception>
    public async Task<IDisposable> TakeTurnAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _renewed)) > _options.WriterRenewal * 2 && !await StandsAsync(cancellationToken).ConfigureAwait(false)) _isLost = true;
            return Volatile.Read(ref _isLost) ? throw Refusal() : new Turn(_turn);
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    /// <summary>Leaves: the next writer need not wait.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        if (!_isLost) await _puts.DeleteQuietlyAsync(Key).ConfigureAwait(false);
        _end.Dispose();
    }

    private string Mark => string.Create(CultureInfo.InvariantCulture, $"{_id}-{_number}");

    private async Task RenewAsync()
    {
        using PeriodicTimer timer = new(_options.WriterRenewal);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false))
            {
                try
                {
                    if (await StandsAsync(_end.Token).ConfigureAwait(false))
                    {
                        await MarkAsync(_end.Token).ConfigureAwait(false);
                        continue;
                    }

                    Volatile.Write(ref _isLost, true);
                    return;
                }
                catch (StorageException)
                {
                    // The next tick tries again; a turn looks by itself when too many failed.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The writer leaves.
        }
    }

    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        _number++;
        byte[] text = Encoding.UTF8.GetBytes($"{Environment.MachineName}, process {Environment.ProcessId}");
        await _puts.PutAsync(Key, text, isConditional: false, cancellationToken, Mark).ConfigureAwait(false);
        Volatile.Write(ref _renewed, Stopwatch.GetTimestamp());
    }

    private async Task<bool> StandsAsync(CancellationToken cancellationToken) =>
        (await _puts.FindIdAsync(Key, cancellationToken).ConfigureAwait(false))?.StartsWith(_id, StringComparison.Ordinal) == true;

    private ConditionalPutException Refusal() => new(
        _options.ToString(), Key, "Another process writes here, and this bucket does not keep put-if-absent: one alone may. Stop the other, or use a store that honours 'If-None-Match: *'");

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
