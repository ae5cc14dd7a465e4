using Lakehouse.Engine;

namespace Lakehouse.Cli.Demo;

/// <summary>How the demo keeps to what a small machine has to spare (see docs/cli.md): DuckDB and PostgreSQL each get a budget.</summary>
public static class DemoMemory
{
    /// <summary>DuckDB's target; its peaks may be higher by a half.</summary>
    public static LakeOptions Lake { get; } = new() { MemoryLimit = "256MB" };

    /// <summary>PostgreSQL's buffers.</summary>
    public static IReadOnlyDictionary<string, string> Postgres { get; } = new Dictionary<string, string> { ["shared_buffers"] = "48MB" };
}
