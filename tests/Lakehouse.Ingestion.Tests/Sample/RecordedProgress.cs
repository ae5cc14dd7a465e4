namespace Lakehouse.Ingestion.Tests.Sample;

/// <summary>Keeps what it is told, at once and in order (unlike <see cref="Progress{T}"/>).</summary>
internal sealed class RecordedProgress<T>(Action<T>? also = null) : IProgress<T>
{
    public List<T> Values { get; } = [];

    public void Report(T value)
    {
        Values.Add(value);
        also?.Invoke(value);
    }
}
