using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Lakehouse.Api.Sandbox;

/// <summary>
/// The operating system's limits on a sandbox process, set by itself before it sees any SQL and inherited by nothing:
/// they cannot be raised again without privileges. DuckDB's own <c>memory_limit</c> is a target, not a wall.
/// </summary>
public static partial class ResourceLimits
{
    // Linux generic ABI (asm-generic/resource.h), the same on x64 and arm64.
    private const int LimitCpuSeconds = 0;
    private const int LimitFileBytes = 1;
    private const int LimitDataBytes = 2;
    private const int LimitCoreBytes = 4;
    private const int SetNoNewPrivileges = 38;

    /// <summary>Limits this process; where the platform has no such limits (macOS, Windows) only <c>memory_limit</c> and the time limit hold.</summary>
    /// <param name="dataBytes">Private writable memory that may be mapped beyond what the process has now.</param>
    /// <param name="cpuSeconds">Processor time over the process's life, a last resort should its parent vanish.</param>
    public static void Apply(long dataBytes, long cpuSeconds)
    {
        if (OperatingSystem.IsLinux())
            ApplyLinux(dataBytes, cpuSeconds);
    }

    [SupportedOSPlatform("linux")]
    private static void ApplyLinux(long dataBytes, long cpuSeconds)
    {
        Set(LimitDataBytes, MappedDataBytes() + dataBytes, "RLIMIT_DATA");
        Set(LimitCpuSeconds, cpuSeconds, "RLIMIT_CPU");
        Set(LimitFileBytes, 0, "RLIMIT_FSIZE"); // no file can grow: nothing to exfiltrate into, no disk to fill
        Set(LimitCoreBytes, 0, "RLIMIT_CORE"); // a crash must not write rows to disk
        if (Control(SetNoNewPrivileges, 1, 0, 0, 0) != 0)
            throw new InvalidOperationException($"The sandbox cannot set no_new_privs: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    private static void Set(int resource, long limit, string name)
    {
        RLimit value = new((nuint)limit, (nuint)limit);
        if (SetLimit(resource, in value) != 0)
            throw new InvalidOperationException($"The sandbox cannot set {name} to {limit}: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>What RLIMIT_DATA counts, now: <c>VmData</c> of proc(5).</summary>
    private static long MappedDataBytes()
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmData:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(7).Trim()[..^3], CultureInfo.InvariantCulture) * 1024;
    }

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in RLimit limit);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct RLimit(nuint Soft, nuint Hard);
}
