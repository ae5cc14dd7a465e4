using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting.Tests.Model;

public sealed class ReferenceTests
{
    [Fact]
    public async Task Service_discovery_finds_endpoints_by_scheme_and_plain_variables_by_name()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        var api = builder.AddResource(new Service("my-api")).WithHttpEndpoint().WithHttpsEndpoint().WithHttpEndpoint(name: "admin");
        Variables.Allocate(api.Resource, 5001);
        var web = builder.AddContainer("x", "x");
        var client = builder.AddExecutable("client", "client", ".").WithReference(api);
        Dictionary<string, string> variables = await Variables.OfAsync(client);
        Assert.Equal("http://localhost:5001", variables["services__my-api__http__0"]);
        Assert.Equal("https://localhost:5002", variables["services__my-api__https__0"]);
        Assert.Equal("http://localhost:5003", variables["services__my-api__http__1"]);
        Assert.Equal("http://localhost:5001", variables["MY_API_HTTP"]);
        Assert.Equal("http://localhost:5003", variables["MY_API_ADMIN"]);
        Assert.NotNull(web);
    }

    [Fact]
    public async Task One_endpoint_may_be_referred_to_alone()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        var api = builder.AddContainer("api", "api").WithHttpEndpoint(targetPort: 80).WithEndpoint(targetPort: 90, name: "grpc");
        Variables.Allocate(api.Resource, 6001);
        var client = builder.AddExecutable("client", "client", ".").WithReference(api.GetEndpoint("grpc"));
        Dictionary<string, string> variables = await Variables.OfAsync(client);
        Assert.Equal("tcp://localhost:6002", variables["services__api__tcp__0"]);
        Assert.DoesNotContain("services__api__http__0", variables.Keys);
    }

    [Fact]
    public async Task A_connection_string_comes_whole_and_in_parts()
    {
        IDistributedApplicationBuilder builder = Variables.Builder("--Parameters:pg-password=p@ss word");
        var database = builder.AddPostgres("pg").AddDatabase("my-orders", "orders");
        Variables.Allocate(database.Resource.Parent, 5432);
        var client = builder.AddExecutable("client", "client", ".").WithReference(database);
        Dictionary<string, string> variables = await Variables.OfAsync(client);
        Assert.Equal("Host=localhost;Port=5432;Username=postgres;Password=p@ss word;Database=orders", variables["ConnectionStrings__my-orders"]);
        Assert.Equal("postgresql://postgres:p%40ss%20word@localhost:5432/orders", variables["MY_ORDERS_URI"]);
        Assert.Equal("jdbc:postgresql://localhost:5432/orders", variables["MY_ORDERS_JDBCCONNECTIONSTRING"]);
        Assert.Equal("orders", variables["MY_ORDERS_DATABASENAME"]);
        Assert.Equal("p@ss word", variables["MY_ORDERS_PASSWORD"]);
    }

    [Fact]
    public async Task A_reference_says_only_what_the_receiver_wants_to_hear()
    {
        IDistributedApplicationBuilder builder = Variables.Builder("--ConnectionStrings:lake=file:///lake");
        var lake = builder.AddConnectionString("lake");
        var client = builder.AddExecutable("client", "client", ".").WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString).WithReference(lake, connectionName: "store");
        Assert.Equal([KeyValuePair.Create("ConnectionStrings__store", "file:///lake")], await Variables.OfAsync(client));
    }

    [Fact]
    public async Task A_missing_connection_string_names_itself_unless_it_is_optional()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        var lake = builder.AddConnectionString("lake");
        var client = builder.AddExecutable("client", "client", ".").WithReference(lake);
        IExecutionConfigurationResult result = await ExecutionConfigurationBuilder.Create(client.Resource).WithEnvironmentVariablesConfig()
            .BuildAsync(builder.ExecutionContext, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Contains("ConnectionStrings__lake", Assert.IsType<MissingParameterValueException>(result.Exception).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_in_arguments_are_known_as_such()
    {
        IDistributedApplicationBuilder builder = Variables.Builder("--Parameters:key=k");
        var key = builder.AddParameter("key", secret: true);
        var tool = builder.AddExecutable("tool", "tool", ".", "--verbose", ReferenceExpression.Create($"--key={key}"));
        IExecutionConfigurationResult result = await ExecutionConfigurationBuilder.Create(tool.Resource).WithArgumentsConfig()
            .BuildAsync(builder.ExecutionContext, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Equal([("--verbose", false), ("--key=k", true)], result.Arguments);
    }

    [Fact]
    public async Task What_a_resource_needs_is_found_through_what_it_refers_to()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        var database = builder.AddPostgres("pg").AddDatabase("orders");
        var seed = builder.AddExecutable("seed", "seed", ".").WithReference(database);
        var api = builder.AddExecutable("api", "api", ".").WaitForCompletion(seed);
        IReadOnlySet<IResource> needs = await api.Resource.GetResourceDependenciesAsync(new(DistributedApplicationOperation.Publish));
        Assert.Equal(["orders", "pg", "pg-password", "seed"], needs.Select(resource => resource.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Waiting_for_a_child_waits_for_its_parent_and_shows_one_relationship()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        var database = builder.AddPostgres("pg").AddDatabase("orders");
        var api = builder.AddExecutable("api", "api", ".").WaitFor(database);
        Assert.Equal(["pg", "orders"], api.Resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name));
        Assert.Equal("orders", Assert.Single(api.Resource.Annotations.OfType<ResourceRelationshipAnnotation>()).Resource.Name);
        Assert.Throws<DistributedApplicationException>(() => api.WaitFor(api));
    }

    private sealed class Service(string name) : Resource(name), IResourceWithServiceDiscovery;
}
