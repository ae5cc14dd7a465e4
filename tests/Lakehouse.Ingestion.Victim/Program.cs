using System.Diagnostics;
using System.Text.Json;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres;

// An ingester in a process of its own, for tests that kill it. Arguments: the lake's folder, the source's options as JSON,
// and a step with a count: reaching the step that often, the process kills itself, as by kill -9, with nothing cleaned up.
await using var lake = Lake.Open(args[0]);
var options = JsonSerializer.Deserialize<PostgresSourceOptions>(args[1])!;
var fatalStep = args.Length > 2 ? Enum.Parse<IngestionStep>(args[2]) : (IngestionStep?)null;
var hits = args.Length > 3 ? int.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture) : 1;
await using var ingester = new PostgresIngester(lake, options);
ingester.OnStep = (step, _) =>
{
    if (step == fatalStep && Interlocked.Decrement(ref hits) == 0) Process.GetCurrentProcess().Kill();
    return Task.CompletedTask;
};
await ingester.RunAsync();
