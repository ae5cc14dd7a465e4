using Lakehouse.Ingestion.Service;
using Lakehouse.ServiceDefaults.Hosting;

// The service: the sources of a lakehouse.yaml into bronze, for as long as it runs.
return await ServiceProgram.RunAsync(async () =>
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
    builder.AddServiceDefaults();
    builder.AddTableAnnouncements();
    builder.AddIngestion();
    await using WebApplication app = builder.Build();
    app.MapDefaultEndpoints();
    app.MapSources();
    await app.RunAsync();
});
