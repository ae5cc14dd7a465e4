using System.Reflection;
using Aspire.Hosting;

namespace Lakehouse.Hosting.Playground;

/// <summary>Where the service's project lies, from where this program was built.</summary>
public sealed class ServiceProject : IProjectMetadata
{
    public string ProjectPath { get; } = Path.Combine(Tests(), "Lakehouse.Hosting.Playground.Service", "Lakehouse.Hosting.Playground.Service.csproj");

    public bool SuppressBuild => true;

    private static string Tests()
    {
        for (DirectoryInfo? folder = new(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Lakehouse.sln")))
                return Path.Combine(folder.FullName, "tests");
        }
        throw new DirectoryNotFoundException("This program runs from a checkout only.");
    }
}
