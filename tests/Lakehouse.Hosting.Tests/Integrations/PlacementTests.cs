using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Lakehouse.Testing;
using Microsoft.Extensions.Configuration;

namespace Lakehouse.Hosting.Tests.Integrations;

/// <summary>Which resources an AppHost gets for a placement, and what it says where one cannot be had.</summary>
public sealed class PlacementTests
{
    [Theory]
    [InlineData("embedded", Placement.Embedded, false)]
    [InlineData("LOCAL", Placement.Local, false)]
    [InlineData("containers", Placement.Containers, false)]
    public void A_placement_of_everything_is_a_wish(string value, Placement placement, bool demanded) =>
        Assert.Equal(new PlacementChoice(placement, demanded), Create($"--placement={value}").PlacementOf("kafka"));

    [Fact]
    public void A_placement_of_one_resource_wins_and_is_a_demand()
    {
        IDistributedApplicationBuilder builder = Create("--placement=embedded", "--placement:kafka=local");
        Assert.Equal(new PlacementChoice(Placement.Local, true), builder.PlacementOf("kafka"));
        Assert.Equal(new PlacementChoice(Placement.Embedded, false), builder.PlacementOf("spark"));
    }

    [Theory]
    [InlineData("--placement=docker", "placement")]
    [InlineData("--placement=1", "placement")]
    [InlineData("--placement:spark=cloud", "placement:spark")]
    public void A_placement_that_does_not_exist_is_named_with_those_that_do(string argument, string setting)
    {
        var error = Assert.Throws<DistributedApplicationException>(() => Create(argument).PlacementOf("spark"));
        Assert.Contains($"'{setting}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("auto, embedded, local or containers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_published_is_made_of_containers()
    {
        IDistributedApplicationBuilder builder = Create("--placement=embedded", "--publisher", "manifest", "--output-path", "unused.json");
        Assert.Equal(Placement.Containers, builder.PlacementOf("postgres").Placement);
        Assert.IsType<PostgresServerResource>(builder.AddPlacedPostgres("postgres").Server!.Resource);
    }

    [Fact]
    public void What_is_published_has_the_engines_that_are_named_and_asks_for_the_lake()
    {
        IDistributedApplicationBuilder builder = Create("--placement:kafka=containers", "--publisher", "manifest", "--output-path", "unused.json");
        Assert.IsType<KafkaServerResource>(builder.AddPlacedKafka("kafka")!.Resource);
        Assert.Null(builder.AddSpark("spark"));
        Assert.IsNotType<ObjectStoreResource>(builder.AddObjectStore("lake").Resource);
        Assert.IsType<ObjectStoreResource>(Create("--placement:lake=containers", "--publisher", "manifest", "--output-path", "unused.json").AddObjectStore("lake").Resource);
    }

    [Fact]
    public void A_store_in_a_container_is_told_to_services_as_the_address_of_a_bucket_that_the_container_makes()
    {
        IDistributedApplicationBuilder builder = Create("--placement:lake=containers", "--publisher", "manifest", "--output-path", "unused.json");
        string address = builder.AddObjectStore("lake").Resource.ConnectionStringExpression.ValueExpression;
        Assert.StartsWith("s3://lake;Endpoint={lake-server.bindings.http.url};", address, StringComparison.Ordinal);
        Assert.Contains("AccessKey={lake-access-key.value};SecretKey={lake-secret-key.value}", address, StringComparison.Ordinal);
        var server = Assert.Single(builder.Resources.OfType<ContainerResource>());
        Assert.Equal("sh", server.Entrypoint);
    }

    [Fact]
    public void Embedded_there_is_a_PostgreSQL_a_folder_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        IDistributedApplicationBuilder builder = Create("--placement=embedded", $"--data={folder.Path}");
        IResourceBuilder<IResourceWithConnectionString> lake = builder.AddObjectStore("lake");
        PlacedPostgres postgres = builder.AddPlacedPostgres("postgres");
        IResourceBuilder<IResourceWithConnectionString> source = postgres.AddDatabase("source");
        Assert.Null(builder.AddPlacedKafka("kafka"));
        Assert.Null(builder.AddSpark("spark"));
        Assert.Null(builder.AddTrino("trino", lake, "trino", source));
        Assert.Null(builder.AddAirflow("airflow", "airflow"));
        Assert.IsType<EmbeddedPostgresResource>(postgres.Server!.Resource);
        Assert.Equal(["lake", "postgres", "source"], builder.Resources.Select(resource => resource.Name).Where(name => !name.Contains("dashboard", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void A_connection_string_replaces_the_resource()
    {
        IDistributedApplicationBuilder builder = Create(
            "--placement=embedded", "--ConnectionStrings:lake=/srv/lake", "--ConnectionStrings:kafka=broker:9092", "--ConnectionStrings:spark=sc://cluster:15002", "--ConnectionStrings:source=Host=db");
        Assert.All(
            new[] { builder.AddObjectStore("lake"), builder.AddPlacedKafka("kafka")!, builder.AddSpark("spark")!, builder.AddPlacedPostgres("postgres").AddDatabase("source") },
            resource => Assert.False(resource.Resource is ExecutableResource or ContainerResource or EmbeddedPostgresDatabaseResource or ObjectStoreResource));
    }

    [Theory]
    [InlineData("kafka", "KAFKA_HOME")]
    [InlineData("spark", "SPARK_HOME")]
    [InlineData("trino", "TRINO_HOME")]
    [InlineData("airflow", "AIRFLOW_VENV")]
    public void A_local_engine_that_was_named_and_is_not_there_is_an_error_that_names_the_setting(string name, string setting)
    {
        var error = Assert.Throws<DistributedApplicationException>(() => Add(Create("--placement=embedded", $"--placement:{name}=local", $"--{setting}="), name));
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
        Assert.Contains($"--placement:{name}", error.Message, StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        error = Assert.Throws<DistributedApplicationException>(() => Add(Create($"--placement:{name}=local", $"--{setting}={folder.Path}"), name));
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);

        // A wish for everything leaves out what is not installed.
        Assert.Null(Add(Create("--placement=local", $"--{setting}="), name));
    }

    [Fact]
    public void Reset_empties_a_data_folder_of_ours_and_no_other()
    {
        using var folder = new TemporaryFolder();
        Create($"--data={folder.Path}").UseDataFolder();
        File.WriteAllText(folder.File("old"), "");
        Create($"--data={folder.Path}").UseDataFolder();
        Assert.True(File.Exists(folder.File("old")));
        Create([.. DataFolder.WithSwitches(["--reset", $"--data={folder.Path}"])]).UseDataFolder();
        Assert.False(File.Exists(folder.File("old")));

        using var others = new TemporaryFolder();
        File.WriteAllText(others.File("precious"), "");
        var error = Assert.Throws<DistributedApplicationException>(() => Create($"--data={others.Path}", "--reset=true").UseDataFolder());
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(others.File("precious")));
    }

    private static object? Add(IDistributedApplicationBuilder builder, string name) => name switch
    {
        "kafka" => builder.AddPlacedKafka(name),
        "spark" => builder.AddSpark(name),
        "trino" => builder.AddTrino(name, builder.AddConnectionString("lake"), "trino"),
        _ => builder.AddAirflow(name, "airflow"),
    };

    private static IDistributedApplicationBuilder Create(params string[] arguments) =>
        DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = arguments, DisableDashboard = true });
}
