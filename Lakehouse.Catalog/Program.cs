using Lakehouse.Catalog;
using Lakehouse.Catalog.Tables;
using Lakehouse.ServiceDefaults.Hosting;

// The service: which tables there are, with their schemas and sizes, in PostgreSQL.
return await ServiceProgram.RunAsync(async () =>
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
    builder.AddServiceDefaults();
    builder.AddNpgsqlDataSource("metadata");
    builder.AddCatalog();
    await using WebApplication app = builder.Build();
    app.MapDefaultEndpoints();
    app.MapTables();
    await app.RunAsync();
});
