namespace Lakehouse.Ingestion.Config;

/// <summary>The configuration is wrong at a place in its file.</summary>
public sealed class ConfigException(string file, long line, long column, string problem, Exception? inner = null)
    : IngestionException($"{file}:{line}:{column}: {problem}", inner: inner)
{
    /// <summary>The file, as given.</summary>
    public string File { get; } = file;

    /// <summary>The line, from 1.</summary>
    public long Line { get; } = line;

    /// <summary>The column, from 1.</summary>
    public long Column { get; } = column;

    /// <summary>What is wrong and what to write instead.</summary>
    public string Problem { get; } = problem;
}
