namespace Lakehouse.Api.Sandbox;

/// <summary>What a sandbox process serves and may use, on its command line.</summary>
/// <param name="Lake">The lake's folder, absolute.</param>
/// <param name="TempFolder">A folder of the process's own; the service deletes it. Nothing is spilled there, since no file may grow.</param>
/// <param name="MemoryMiB">DuckDB's <c>memory_limit</c>.</param>
/// <param name="HardMemoryMiB">Private memory beyond the process's state at rest (RLIMIT_DATA).</param>
/// <param name="Threads">DuckDB's threads.</param>
/// <param name="CpuSeconds">Processor time over the process's life (RLIMIT_CPU), a last resort should its parent vanish.</param>
public sealed record SandboxSetup(string Lake, string TempFolder, int MemoryMiB, int HardMemoryMiB, int Threads, long CpuSeconds)
{
    /// <summary>Several threads, and the work between two looks at the clock.</summary>
    private const int CpuSlack = 2;

    public static SandboxSetup From(string lake, SandboxOptions options) => new(
        Path.GetFullPath(lake),
        Path.GetTempPath(),
        options.MemoryMiB,
        options.HardMemoryMiB,
        options.Threads,
        (long)Math.Ceiling((options.MaxTimeout + options.OpenResultLifetime).TotalSeconds) * options.Threads * CpuSlack);
}
