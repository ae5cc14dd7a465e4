using Lakehouse.ServiceDefaults.Hosting;
using Lakehouse.Transform.Service;

// The service: runs a dbt project's models whenever bronze has a new point to read at, and when it is asked to.
return await ServiceProgram.RunAsync(async () =>
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
    builder.AddServiceDefaults();
    builder.AddTableAnnouncements();
    builder.AddTransform();
    await using WebApplication app = builder.Build();
    app.MapDefaultEndpoints();
    app.MapRuns();
    await app.RunAsync();
});
