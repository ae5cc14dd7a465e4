namespace Lakehouse.Cli.Shell;

/// <summary>
/// One line on standard error that is written over again while work goes on, and is gone at the end. Nothing where
/// nobody watches: a log wants no thousand states of a counter.
/// </summary>
public sealed class LiveLine : IDisposable
{
    private const int MinIntervalMs = 100;
    private readonly bool _watched = Terminal.ErrorIsInteractive;
    private readonly Lock _lock = new();
    private long _shownAt;
    private int _length;

    public void Show(string text)
    {
        if (!_watched)
            return;
        lock (_lock)
        {
            if (_length > 0 && Environment.TickCount64 - _shownAt < MinIntervalMs)
                return;
            _shownAt = Environment.TickCount64;
            Terminal.Error.Write($"\r{text.PadRight(_length)}");
            _length = text.Length;
        }
    }

    public void Dispose()
    {
        if (_length > 0)
            Terminal.Error.Write($"\r{new string(' ', _length)}\r");
    }
}
