using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Lakehouse.Testing.Kills;

/// <summary>Linux's limit to how far this process's files may grow: who writes past it gets as far as the limit, and dies of SIGXFSZ at the next byte.</summary>
[SupportedOSPlatform("linux")]
internal static partial class FileSizeLimit
{
    private const int LimitFileBytes = 1; // RLIMIT_FSIZE
    private const int LimitCoreBytes = 4; // RLIMIT_CORE
    private const int FileTooLarge = 25; // SIGXFSZ

    /// <summary>Sets the limit.</summary>
    public static void Set(long bytes)
    {
        // The signal's default is to end the process with a core file, which nobody wants.
        Set(LimitCoreBytes, 0);
        _ = Signal(FileTooLarge, 0);
        Set(LimitFileBytes, (nuint)bytes);
    }

    /// <summary>Lifts it.</summary>
    public static void Lift() => Set(LimitFileBytes, nuint.MaxValue);

    private static void Set(int resource, nuint soft)
    {
        if (GetLimit(resource, out RLimit limit) != 0 || SetLimit(resource, new RLimit(nuint.Min(soft, limit.Hard), limit.Hard)) != 0)
            throw new InvalidOperationException($"A limit of this process cannot be set: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out RLimit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in RLimit limit);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint handler);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct RLimit(nuint Soft, nuint Hard);
}
