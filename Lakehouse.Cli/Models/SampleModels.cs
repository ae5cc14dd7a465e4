using Lakehouse.Transform;

namespace Lakehouse.Cli.Models;

/// <summary>The sample business's dbt project, which travels with the program.</summary>
public static class SampleModels
{
    /// <summary>Its folder.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>Loads it.</summary>
    public static DbtProject Load() => DbtProject.Load(Folder);
}
