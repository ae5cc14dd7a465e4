using System.Globalization;

namespace Lakehouse.Bench;

/// <summary>What Linux tells of its processes, in files (proc(5)). A process may end between two looks; it then is as good as empty.</summary>
internal static class ProcFile
{
    /// <summary>The ids of all processes.</summary>
    public static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
        .Where(id => id > 0);

    /// <summary>Processes with their children, and theirs; each once.</summary>
    public static HashSet<int> WithDescendants(IEnumerable<int> processes)
    {
        ILookup<int, int> children = Processes().ToLookup(ParentOf);
        HashSet<int> found = [];
        var left = new Stack<int>(processes);
        while (left.TryPop(out int id))
        {
            if (!found.Add(id)) continue;
            foreach (int child in children[id]) left.Push(child);
        }

        return found;
    }

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

    private static int ParentOf(int process)
    {
        // The name in parentheses may hold anything; what follows it is the state and the parent.
        string status = ReadOrEmpty(process, "stat");
        string[] fields = status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 ? int.Parse(fields[1], CultureInfo.InvariantCulture) : 0;
    }
}
