using Lakehouse.Bench;
using Lakehouse.Bench.Demo;
using Lakehouse.Bench.Ingestion;
using Lakehouse.Bench.Medallion;
using Lakehouse.Bench.Platform;
using Lakehouse.Bench.Tables;
using Lakehouse.Bench.Tables.SparkFuzz;
using Lakehouse.Testing.Kills;

// Lakehouse.Bench NAME…|all [--quick] [--json]: every figure is a ratio to a yardstick measured in the same run.
if (args is [PlanBench.OnceArgument, var folder]) return await PlanBench.PlanOnceAsync(folder);
if (OperatingSystem.IsLinux() && args is [KilledProcess.Argument, var swept]) return await KilledProcess.RunAsync(swept);
IBench[] benches =
[
    new CdcStreamBench(),
    new SnapshotBench(),
    new MedallionBench(),
    new SqlBench(),
    new MergeBench(clustered: false),
    new MergeBench(clustered: true),
    new SparkMergeBench(),
    new DeletedRowsBench(),
    new ZOrderBench(),
    new SmallFilesBench(),
    new CommitBench(),
    new AppendersBench(),
    new OpenBench(),
    new RefreshBench(),
    new PlanBench(),
    new FuzzBench(),
    new KillBench(),
    new TableFuzzBench(withSpark: false),
    new TableFuzzBench(withSpark: true),
    new DemoBench(),
    new AppHostBench(),
];
return await BenchCommand.RunAsync(benches, args);
