using System.Globalization;

namespace Lakehouse.Bench;

/// <summary>What Linux tells of its processes, in files (proc(5)). A process may end between two looks; it then is as good as empty.</summary>
internal static class ProcFile
{
    /// <summary>The ids of all processes.</summary>
    public static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
        .Where(id => id > 0);

    /// <summary>A process's proportional set size, which counts a page that is shared by n processes as 1/n.</summary>
    public static long PssKiB(int process)
    {
        string? line = ReadOrEmpty(process, "smaps_rollup").Split('\n').FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    public static string ReadOrEmpty(int process, string name)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{name}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
