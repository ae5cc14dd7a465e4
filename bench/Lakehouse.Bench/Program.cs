using Lakehouse.Bench;

// Lakehouse.Bench NAME…|all [--json]: every figure is a ratio to a yardstick measured in the same run.
IBench[] benches = [];
return await BenchCommand.RunAsync(benches, args);
