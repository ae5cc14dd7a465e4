using System.Runtime.InteropServices;

namespace Lakehouse.Storage;

/// <summary>The calls that .NET does not offer: an atomic "create this name unless it exists", and fsync of a folder.</summary>
internal static partial class Posix
{
    private const int EExist = 17;
    private const int OpenReadOnly = 0;
    private static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>Gives an existing file a second name. False when that name is taken: the kernel decides, so racers cannot both win.</summary>
    public static bool TryLink(string existing, string name)
    {
        if (Link(existing, name) == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        return error == EExist ? false : throw Failure("link", name, error);
    }

    /// <summary>Makes the names in a folder durable: a file's own fsync does not cover its directory entry.</summary>
    public static void SyncFolder(string folder)
    {
        int descriptor = Open(folder, OpenReadOnly | CloseOnExec);
        if (descriptor < 0) throw Failure("open", folder, Marshal.GetLastPInvokeError());
        try
        {
            if (Sync(descriptor) != 0) throw Failure("fsync", folder, Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string call, string path, int error) =>
        new($"{call} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)}", error);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
