using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lakehouse.DuckDb.Native;

/// <summary>Finds libduckdb beside the program, where the build put it, and nowhere else by accident.</summary>
internal static class DuckDbLibrary
{
    /// <summary>The name that <see cref="NativeMethods"/> imports from.</summary>
    internal const string Name = "duckdb";

    // A module initializer, since every import must find the resolver in place, whichever is called first.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(DuckDbLibrary).Assembly, Resolve);
#pragma warning restore CA2255

    /// <summary>The library's file name on this operating system.</summary>
    internal static string FileName =>
        OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Name) return 0;
        var tried = new List<string>();
        foreach (var folder in Folders(assembly))
        {
            var file = Path.Combine(folder, FileName);
            if (!File.Exists(file))
            {
                tried.Add(file);
                continue;
            }

            try
            {
                return NativeLibrary.Load(file);
            }
            catch (DllNotFoundException e)
            {
                throw new DllNotFoundException(
                    $"DuckDB's library {file} is there but cannot be loaded: {e.Message} " +
                    "Check that it was built for this processor and operating system (rebuild with `dotnet build -r RID`).", e);
            }
        }

        throw new DllNotFoundException(
            $"DuckDB's library {FileName} was not found; looked for {string.Join(", ", tried)}. " +
            "The build copies it beside the program from npm (eng/Native.targets): run `dotnet build` again, " +
            "and publish the whole output folder.");
    }

    private static IEnumerable<string> Folders(Assembly assembly)
    {
        yield return AppContext.BaseDirectory;
        // Empty in a single-file program, where the base directory is the only folder there is.
#pragma warning disable IL3000
        var beside = Path.GetDirectoryName(assembly.Location);
#pragma warning restore IL3000
        if (!string.IsNullOrEmpty(beside) && beside != AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)) yield return beside;
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
    }
}
