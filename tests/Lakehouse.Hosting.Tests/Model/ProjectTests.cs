using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting.Tests.Model;

public sealed class ProjectTests
{
    [Fact]
    public async Task The_launch_profile_gives_endpoints_variables_and_arguments()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        var api = builder.AddProject("api", Project(builder)).WithEnvironment("MODE", "mine");
        Assert.Equal(["https 7001", "http 5001"], api.Resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => $"{endpoint.Name} {endpoint.Port}"));
        Variables.Allocate(api.Resource, 9001);
        Dictionary<string, string> variables = await Variables.OfAsync(api);
        Assert.Equal("""https://localhost:{{- portForServing "api-https" -}};http://localhost:{{- portForServing "api-http" -}}""", variables["ASPNETCORE_URLS"]);
        Assert.Equal("9001", variables["ASPNETCORE_HTTPS_PORT"]);
        Assert.Equal("both", variables["DOTNET_LAUNCH_PROFILE"]);
        Assert.Equal("Development", variables["ASPNETCORE_ENVIRONMENT"]);
        Assert.Equal("mine", variables["MODE"]);
        Assert.Equal("in_memory", variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"]);
        Assert.Equal("http://localhost:18889", variables["OTEL_EXPORTER_OTLP_ENDPOINT"]);

        IExecutionConfigurationResult arguments = await ExecutionConfigurationBuilder.Create(api.Resource).WithArgumentsConfig()
            .BuildAsync(builder.ExecutionContext, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Equal(["--name", "two words"], arguments.Arguments.Select(argument => argument.Value));
    }

    [Fact]
    public void A_profile_is_chosen_by_name_by_the_AppHosts_own_or_the_first()
    {
        IDistributedApplicationBuilder builder = Variables.Builder("--DOTNET_LAUNCH_PROFILE=http");
        string project = Project(builder);
        Assert.Equal("http", LaunchProfiles.Effective(builder.AddProject("a", project).Resource)?.Name);
        Assert.Equal("both", LaunchProfiles.Effective(builder.AddProject("b", project, "both").Resource)?.Name);
        Assert.Null(LaunchProfiles.Effective(builder.AddProject("c", project, options => options.ExcludeLaunchProfile = true).Resource));
        var absent = Assert.Throws<DistributedApplicationException>(() => builder.AddProject("d", project, "absent"));
        Assert.Contains("'both', 'http'", absent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_in_Kestrels_configuration_override_the_launch_profile()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        string project = Project(builder);
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(project)!, "appsettings.json"), """{ "Kestrel": { "Endpoints": { "Grpc": { "Url": "http://*:5050", "Protocols": "Http2" } } } }""");
        var api = builder.AddProject("api", project);
        EndpointAnnotation endpoint = Assert.Single(api.Resource.Annotations.OfType<EndpointAnnotation>());
        Assert.Equal(("http", 5050, "http2"), (endpoint.Name, endpoint.Port, endpoint.Transport));
        Variables.Allocate(api.Resource, 9001);
        Dictionary<string, string> variables = await Variables.OfAsync(api);
        Assert.Equal("""http://*:{{- portForServing "api-http" -}}""", variables["Kestrel__Endpoints__http__Url"]);
        Assert.DoesNotContain("ASPNETCORE_URLS", variables.Keys);
    }

    [Fact]
    public void A_malformed_launchSettings_names_the_file()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        string project = Project(builder);
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(project)!, "Properties", "launchSettings.json"), "{ not json");
        var malformed = Assert.Throws<DistributedApplicationException>(() => builder.AddProject("api", project));
        Assert.Contains("launchSettings.json", malformed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_unique_whatever_the_case_and_keep_to_the_rule()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        builder.AddContainer("web", "web");
        Assert.Throws<DistributedApplicationException>(() => builder.AddContainer("WEB", "web"));
        foreach (string name in new[] { "", "1web", "web_1", "web--1", "web-", new string('w', 65) })
            Assert.Throws<ArgumentException>(() => builder.AddContainer(name, "web"));
    }

    [Theory]
    [InlineData("postgres", "postgres:latest")]
    [InlineData("registry:5000/team/app", "registry:5000/team/app:latest")]
    [InlineData("registry:5000/team/app:2", "registry:5000/team/app:2")]
    [InlineData("app@sha256:abc", "app@sha256:abc")]
    public void Image_names_are_read_as_container_engines_read_them(string image, string expected)
    {
        var container = Variables.Builder().AddContainer("web", image);
        Assert.True(container.Resource.TryGetContainerImageName(out string? name));
        Assert.Equal(expected, name);
    }

    private static string Project(IDistributedApplicationBuilder builder)
    {
        string folder = Path.Combine(builder.AppHostDirectory, "Api");
        Directory.CreateDirectory(Path.Combine(folder, "Properties"));
        File.WriteAllText(Path.Combine(folder, "Properties", "launchSettings.json"), """
            {
              // Comments are allowed here.
              "profiles": {
                "iis": { "commandName": "IISExpress" },
                "both": {
                  "commandName": "Project", "commandLineArgs": "--name \"two words\"", "applicationUrl": "https://localhost:7001;http://localhost:5001",
                  "environmentVariables": { "ASPNETCORE_ENVIRONMENT": "Development", "MODE": "profile" }
                },
                "http": { "commandName": "Project", "applicationUrl": "http://localhost:5001" },
              }
            }
            """);
        File.WriteAllText(Path.Combine(folder, "Api.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk.Web\" />");
        return Path.Combine(folder, "Api.csproj");
    }
}
