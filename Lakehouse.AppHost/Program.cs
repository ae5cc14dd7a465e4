using Lakehouse.AppHost;
using Lakehouse.Hosting;

IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(DataFolder.WithSwitches(args)).UseDataFolder();

// What the platform stands on: embedded, from local installations, or in containers (--placement).
IResourceBuilder<IResourceWithConnectionString> lake = builder.AddObjectStore("lake");
PlacedPostgres postgres = builder.AddPlacedPostgres("postgres");
// A deployment brings a source of its own; here the sample business is it.
IResourceBuilder<IResourceWithConnectionString> source = builder.ExecutionContext.IsPublishMode ? builder.AddConnectionString("source") : postgres.AddDatabase("source");
IResourceBuilder<IResourceWithConnectionString> metadata = postgres.AddDatabase("metadata");
builder.AddPlacedKafka("kafka");
builder.AddSpark("spark");
builder.AddTrino("trino", lake, "trino", source);

// The sample business, and what changes it.
IResourceBuilder<ProjectResource> sample = builder.AddSample(source);

// Changes arrive in bronze, become silver and gold, and are asked for.
IResourceBuilder<ProjectResource> catalog = builder.AddProject<Projects.Lakehouse_Catalog>("catalog")
    .WithReference(metadata).WithReference(lake).WaitFor(metadata)
    .WithServiceEndpoint();
IResourceBuilder<ProjectResource> ingestion = builder.AddProject<Projects.Lakehouse_Ingestion>("ingestion")
    .WithReference(source).WithReference(lake).WithReference(catalog).WaitForCompletion(sample)
    .WithServiceEndpoint();
IResourceBuilder<ProjectResource> transform = builder.AddProject<Projects.Lakehouse_Transform>("transform")
    .WithReference(lake).WithReference(catalog).WaitFor(ingestion)
    .WithServiceEndpoint()
    .WithRunNowCommand();
builder.AddProject<Projects.Lakehouse_Api>("api")
    .WithReference(lake).WithReference(catalog).WithReference(transform)
    .WithServiceEndpoint()
    .WithExternalHttpEndpoints();
builder.AddAirflow("airflow", "airflow", process => process.WithReference(transform));

builder.AddUpkeep(lake);
builder.Build().Run();
