using Lakehouse.Api;
using Lakehouse.Api.Sandbox;
using Lakehouse.ServiceDefaults.Hosting;

// The same program is the sandbox that a query runs in: started by the service itself, never by hand.
if (SandboxWorker.IsRequested(args))
    return SandboxWorker.Run(args);
return await ServiceProgram.RunAsync(async () =>
{
    await using WebApplication app = LakehouseApi.Create(args);
    await app.RunAsync();
});
