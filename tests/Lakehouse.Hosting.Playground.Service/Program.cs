// A service that does as it is told, for the tests of the orchestrator: it tells its environment, is healthy once a file
// exists (PLAYGROUND_HEALTHY_FILE; always without one), and ends when asked to.
var builder = WebApplication.CreateSlimBuilder(args);
var app = builder.Build();

app.MapGet("/", () => "playground");
app.MapGet("/id", () => Environment.ProcessId);
app.MapGet("/environment/{name}", (string name) => Environment.GetEnvironmentVariable(name) is { } value ? Results.Text(value) : Results.NotFound());
app.MapGet("/health", () => Environment.GetEnvironmentVariable("PLAYGROUND_HEALTHY_FILE") is not { } file || File.Exists(file)
    ? Results.Text("Healthy")
    : Results.Text("Unhealthy", statusCode: 503));
app.MapPost("/exit/{code:int}", (int code, IHostApplicationLifetime lifetime) =>
{
    Environment.ExitCode = code;
    lifetime.StopApplication();
});

if (Environment.GetEnvironmentVariable("PLAYGROUND_CRASH") is { } reason)
    throw new InvalidOperationException(reason);
await app.RunAsync();
