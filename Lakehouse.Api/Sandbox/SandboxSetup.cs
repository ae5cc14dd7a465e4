using Lakehouse.Engine;

namespace Lakehouse.Api.Sandbox;

/// <summary>What a sandbox process serves and may use, on its command line.</summary>
/// <param name="Lake">The lake's folder, absolute; of a lake in a bucket the process's own, into which the service lays the tables of
/// its query, so that it needs neither keys nor a network.</param>
/// <param name="TempFolder">A folder of the process's own; the service deletes it. Nothing is spilled there, since no file may grow.</param>
/// <param name="MemoryMiB">DuckDB's <c>memory_limit</c>.</param>
/// <param name="HardMemoryMiB">Private memory beyond the process's state at rest (RLIMIT_DATA).</param>
/// <param name="Threads">DuckDB's threads.</param>
/// <param name="CpuSeconds">Processor time over the process's life (RLIMIT_CPU), a last resort should its parent vanish.</param>
/// <param name="Views">Where processes have their own folders, on the disk of the bucket's copies; null for a lake in a folder.</param>
public sealed record SandboxSetup(string Lake, string TempFolder, int MemoryMiB, int HardMemoryMiB, int Threads, long CpuSeconds, string? Views = null)
{
    /// <summary>Several threads, and the work between two looks at the clock.</summary>
    private const int CpuSlack = 2;

    public static SandboxSetup From(Lake lake, SandboxOptions options) => new(
        lake.IsRemote ? "" : lake.Folder,
        Path.GetTempPath(),
        options.MemoryMiB,
        options.HardMemoryMiB,
        options.Threads,
        (long)Math.Ceiling((options.MaxTimeout + options.OpenResultLifetime).TotalSeconds) * options.Threads * CpuSlack,
        lake.IsRemote ? lake.Store.StagingFolder ?? Path.GetTempPath() : null);
}
