namespace Lakehouse.EmbeddedPostgres;

/// <summary>Where and how an <see cref="PostgresServer"/> runs.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>The cluster's folder, created when absent and kept afterwards; null for a temporary one that is deleted on disposal.</summary>
    public string? DataFolder { get; init; }

    /// <summary>The TCP port on 127.0.0.1; null for any free one, which then stays the same over restarts.</summary>
    public int? Port { get; init; }

    /// <summary>
    /// Whether commits survive a power failure. Null means yes for a kept folder and no for a temporary one.
    /// Commits survive a crash of the server process either way.
    /// </summary>
    public bool? Fsync { get; init; }

    /// <summary>Further server settings (<c>postgresql.conf</c> names and values); they win over the built-in ones.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long the server may take until it answers; crash recovery counts in.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a fast shutdown may take before the server is stopped immediately.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
