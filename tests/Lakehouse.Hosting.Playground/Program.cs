// A service that waits for a task, and something that just runs once the service is healthy; written as any AppHost is.
var builder = DistributedApplication.CreateBuilder(args);

var greeting = builder.AddParameter("greeting", () => builder.Configuration["Parameters:greeting"] ?? "hello");
var secret = builder.AddParameter("secret", "correct horse", secret: true);
var task = builder.AddExecutable("task", "/bin/sh", Path.GetTempPath(), "-c", "echo done");
var backend = builder.AddProject<Projects.Lakehouse_Hosting_Playground_Service>("backend")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithEnvironment("GREETING", greeting)
    .WithEnvironment("SECRET", secret)
    .WaitForCompletion(task);
builder.AddExecutable("sleeper", "/bin/sh", Path.GetTempPath(), "-c", "exec sleep 100000").WaitFor(backend);

builder.Build().Run();
