using Aspire.Hosting;

namespace Lakehouse.Hosting.Tests.Publishing;

/// <summary>Publishes small models the way azd does and reads the file.</summary>
internal static class Manifest
{
    public static readonly string[] Azd = ["--publisher", "manifest"];

    public static Task<string> OfAsync(Action<IDistributedApplicationBuilder> model) => OfAsync(model, Azd);

    public static async Task<string> OfAsync(Action<IDistributedApplicationBuilder> model, string[] arguments)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("manifest-");
        try
        {
            string path = Path.Combine(folder.FullName, "out", "aspire-manifest.json");
            IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
            {
                Args = [.. arguments, "--output-path", path],
                ProjectDirectory = folder.FullName,
            });
            model(builder);
            using DistributedApplication application = builder.Build();
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await application.RunAsync(deadline.Token);
            Assert.False(File.Exists(path + ".tmp"));
            return await File.ReadAllTextAsync(path, deadline.Token);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A web project with a launch profile, in the AppHost's folder.</summary>
    public static string AddWebProject(IDistributedApplicationBuilder builder, string name)
    {
        string folder = Path.Combine(builder.AppHostDirectory, name);
        Directory.CreateDirectory(Path.Combine(folder, "Properties"));
        File.WriteAllText(Path.Combine(folder, "Properties", "launchSettings.json"), """
            { "profiles": { "http": { "commandName": "Project", "applicationUrl": "http://localhost:5123", "environmentVariables": { "FROM_PROFILE": "yes" } } } }
            """);
        string project = Path.Combine(folder, name + ".csproj");
        File.WriteAllText(project, "<Project Sdk=\"Microsoft.NET.Sdk.Web\" />");
        return project;
    }
}
