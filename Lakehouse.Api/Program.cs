using Lakehouse.Api;
using Lakehouse.Api.Sandbox;

// The same program is the sandbox that a query runs in: started by the service itself, never by hand.
if (SandboxWorker.IsRequested(args))
    return SandboxWorker.Run(args);
await using WebApplication app = LakehouseApi.Create(args);
await app.RunAsync();
return 0;
