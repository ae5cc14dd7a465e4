using Lakehouse.Ingestion.Postgres;

namespace Lakehouse.Ingestion.Config;

/// <summary>What <c>lakehouse.yaml</c> says.</summary>
public sealed record IngestionConfig
{
    /// <summary>The lake's folder, absolute; null when the file names none.</summary>
    public string? Lake { get; init; }

    /// <summary>The sources, in the file's order.</summary>
    public required IReadOnlyList<SourceConfig> Sources { get; init; }

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file; relative paths within it count from its folder.</param>
    /// <exception cref="ConfigException">The file is missing or wrong; says where and what to write.</exception>
    public static IngestionConfig Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException(path, 1, 1, $"cannot be read: {e.Message}", e);
        }
        return Parse(text, path);
    }

    /// <summary>Reads and checks YAML text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="path">The file it came from, for messages and relative paths.</param>
    /// <exception cref="ConfigException">The text is wrong; says where and what to write.</exception>
    public static IngestionConfig Parse(string yaml, string path = "lakehouse.yaml") => new ConfigReader(path).Read(yaml);
}

/// <summary>One source of <c>lakehouse.yaml</c>, its connection not yet looked up.</summary>
/// <param name="Connection">The connection's name.</param>
/// <param name="Options">Everything else; <see cref="PostgresSourceOptions.ConnectionString"/> is empty.</param>
public sealed record SourceConfig(string Connection, PostgresSourceOptions Options)
{
    /// <summary>The source's name.</summary>
    public string Name => Options.Name;

    internal string File { get; init; } = "lakehouse.yaml";

    internal (long Line, long Column) ConnectionPlace { get; init; } = (1, 1);

    /// <summary>The source with its connection string: from the variable <c>ConnectionStrings__NAME</c>, else the variable <c>NAME</c>.</summary>
    /// <param name="lookup">Where names are looked up; null = the process's environment.</param>
    /// <exception cref="ConfigException">Neither is set.</exception>
    public PostgresSourceOptions Resolve(Func<string, string?>? lookup = null)
    {
        lookup ??= Environment.GetEnvironmentVariable;
        var connectionString = Connection.Contains('=', StringComparison.Ordinal)
            ? Connection
            : lookup($"ConnectionStrings__{Connection}") ?? lookup(Connection);
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new ConfigException(File, ConnectionPlace.Line, ConnectionPlace.Column,
                $"the connection '{Connection}' is not set: set the environment variable ConnectionStrings__{Connection} (or {Connection}) to a connection string such as Host=…;Database=…;Username=…;Password=…");
        }
        return Options with { ConnectionString = connectionString };
    }
}
