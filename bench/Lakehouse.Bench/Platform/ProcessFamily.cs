namespace Lakehouse.Bench.Platform;

/// <summary>
/// A process with everything it started, also what detached itself from it: all that inherited a variable from it, and their
/// children (PostgreSQL's write their titles over their variables). Linux only.
/// </summary>
internal sealed class ProcessFamily
{
    /// <summary>The variable that the first of them is to be started with, set to <see cref="Id"/>.</summary>
    public const string Variable = "LAKEHOUSE_BENCH_FAMILY";

    private ProcessFamily(string id) => Id = id;

    public string Id { get; }

    public static ProcessFamily Create() => new(Guid.NewGuid().ToString("N"));

    /// <summary>Whether any of them lives.</summary>
    public bool IsAlive => Members().Any();

    /// <summary>The memory of each program in MB of 2^20 bytes; several processes of one program are one line.</summary>
    public Dictionary<string, double> MeasureMb() => Members()
        .GroupBy(NameOf)
        .ToDictionary(program => program.Key, program => program.Sum(id => ProcFile.PssKiB(id) / 1024.0));

    private IEnumerable<int> Members() =>
        ProcFile.WithDescendants(ProcFile.Processes().Where(id => ProcFile.ReadOrEmpty(id, "environ").Split('\0').Contains($"{Variable}={Id}")));

    /// <summary><c>dotnet X.dll</c> is X; others are their program, with its first word where that is a command.</summary>
    private static string NameOf(int process)
    {
        string[] words = ProcFile.ReadOrEmpty(process, "cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return "?";
        if (words.FirstOrDefault(word => word.EndsWith(".dll", StringComparison.Ordinal)) is { } assembly) return Path.GetFileNameWithoutExtension(assembly);
        string program = Path.GetFileName(words[0].Split(' ')[0].TrimEnd(':'));
        return program == "dcp" && words.Length > 1 ? $"{program} {words[1]}" : program;
    }
}
