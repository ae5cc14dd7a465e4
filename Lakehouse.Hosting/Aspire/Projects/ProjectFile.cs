namespace Aspire.Hosting;

/// <summary>A project that was named by its path.</summary>
internal sealed class ProjectFile(string projectPath) : IProjectMetadata
{
    public string ProjectPath { get; } = projectPath;
}
