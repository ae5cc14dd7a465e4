using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lakehouse.Hosting.Tests.Model;

/// <summary>What a resource would be started with.</summary>
internal static class Variables
{
    public static async Task<Dictionary<string, string>> OfAsync<T>(IResourceBuilder<T> builder)
        where T : IResource
    {
        IExecutionConfigurationResult result = await ExecutionConfigurationBuilder.Create(builder.Resource).WithEnvironmentVariablesConfig()
            .BuildAsync(builder.ApplicationBuilder.ExecutionContext, NullLogger.Instance, new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Null(result.Exception);
        return new(result.EnvironmentVariables);
    }

    /// <summary>Gives all endpoints of a resource ports on this machine, as the orchestrator does.</summary>
    public static void Allocate(IResource resource, int port)
    {
        foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            endpoint.AllocatedEndpoint = new(endpoint, "localhost", port++, $"{{{{- portForServing \"{resource.Name}-{endpoint.Name}\" -}}}}");
    }

    /// <summary>A builder whose AppHost lies in an empty folder of its own, which goes when the tests end.</summary>
    public static IDistributedApplicationBuilder Builder(params string[] args) => DistributedApplication.CreateBuilder(new DistributedApplicationOptions
    {
        Args = args,
        ProjectDirectory = Folders.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName,
    });

    private static readonly DirectoryInfo Folders = CreateFolders();

    private static DirectoryInfo CreateFolders()
    {
        DirectoryInfo folders = Directory.CreateTempSubdirectory("apphosts-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folders.Delete(recursive: true);
        return folders;
    }
}
