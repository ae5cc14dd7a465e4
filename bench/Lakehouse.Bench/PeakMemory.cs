using System.Diagnostics;
using System.Globalization;

namespace Lakehouse.Bench;

/// <summary>Peak resident memory of this process since the last reset, from the kernel's own high-water mark (proc(5), VmHWM).</summary>
internal static class PeakMemory
{
    private const string ClearRefs = "/proc/self/clear_refs";

    /// <summary>Starts a new high-water mark; elsewhere than on Linux the mark stays that of the whole process.</summary>
    public static void Reset()
    {
        GC.Collect();
        if (OperatingSystem.IsLinux() && File.Exists(ClearRefs))
            File.WriteAllText(ClearRefs, "5");
    }

    /// <summary>The mark in MB (2^20 bytes).</summary>
    public static double ReadMb() => ReadMb(Environment.ProcessId) ?? Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;

    /// <summary>The mark of another process in MB; null when it is gone or the system does not tell.</summary>
    public static double? ReadMb(int processId)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? null : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
