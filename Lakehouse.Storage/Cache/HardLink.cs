using System.Runtime.InteropServices;

namespace Lakehouse.Storage.Cache;

/// <summary>A second name for a file.</summary>
internal static partial class HardLink
{
    /// <summary>Whether the name was made, or is there already. False when the file is not there.</summary>
    /// <exception cref="IOException">The file system has no links.</exception>
    public static bool TryCreate(string existing, string name)
    {
        if (!File.Exists(existing)) return false;
        try
        {
            if (!OperatingSystem.IsWindows()) _ = Posix.TryLink(existing, name);
            else if (!Create(name, existing, 0) && !File.Exists(name)) throw new IOException($"'{name}' cannot be made a link to '{existing}': {Marshal.GetLastPInvokeErrorMessage()}");
            return true;
        }
        catch (IOException) when (!File.Exists(existing))
        {
            return false;
        }
    }

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Create(string name, string existing, nint security);
}
