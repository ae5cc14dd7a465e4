using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests;

/// <summary>One run of the sample models, in the process that is killed.</summary>
internal static class KilledRun
{
    public const string Argument = "run-to-be-killed";

    /// <summary>The file that tells that the run is about to begin.</summary>
    public static string Started(string folder) => Path.Combine(folder, "run-started");

    public static async Task<int> RunAsync(string folder)
    {
        await using var lake = Lake.Open(folder, new LakeOptions { Threads = 2 });
        await using var runner = new ModelRunner(lake, DbtProject.Load(SampleModelsTests.Models));
        await File.WriteAllTextAsync(Started(folder), "");
        await runner.RunAsync();
        return 0;
    }
}
