using Lakehouse.Cli.Shell;

namespace Lakehouse.Cli.Models;

/// <summary>Which dbt project a command line means.</summary>
public static class ModelProject
{
    /// <summary>The environment variable that stands in for <c>--project</c>.</summary>
    public const string Variable = "LAKEHOUSE_PROJECT";

    private const string ProjectFile = "dbt_project.yml";

    /// <summary>The project's folder.</summary>
    /// <exception cref="UsageException">There is none, or two were named.</exception>
    public static string Find(string? named, bool sample)
    {
        if (sample)
            return named is null ? SampleModels.Folder : throw new UsageException("give --project or --sample, not both.");
        if ((named ?? Environment.GetEnvironmentVariable(Variable)) is { Length: > 0 } folder)
            return File.Exists(Path.Combine(folder, ProjectFile)) ? Path.GetFullPath(folder) : throw new UsageException($"there is no {ProjectFile} in {Path.GetFullPath(folder)}.");
        return new[] { ".", "models" }.Select(Path.GetFullPath).FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, ProjectFile)))
            ?? throw new UsageException($"there is no {ProjectFile} here; name the project with --project FOLDER or {Variable}, or take the sample business's with --sample.");
    }

    /// <summary>Variables written as <c>name=value</c>; numbers and true or false are read as such.</summary>
    /// <exception cref="UsageException">One is not written like that.</exception>
    public static Dictionary<string, object?> Variables(IEnumerable<string> assignments)
    {
        Dictionary<string, object?> variables = [];
        foreach (string assignment in assignments)
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageException($"'{assignment}' is not a variable: write --var name=value.");
            string value = assignment[(equals + 1)..];
            variables[assignment[..equals]] = long.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out long number) ? number
                : bool.TryParse(value, out bool flag) ? flag
                : value;
        }
        return variables;
    }
}
