namespace Lakehouse.Cli.Shell;

/// <summary>Progress reported where it happens; <see cref="Progress{T}"/> would report later and out of order.</summary>
public sealed class Notify<T>(Action<T> action) : IProgress<T>
{
    public void Report(T value) => action(value);
}
