using Lakehouse.Bench;
using Lakehouse.Bench.Demo;
using Lakehouse.Bench.Ingestion;
using Lakehouse.Bench.Medallion;
using Lakehouse.Bench.Platform;
using Lakehouse.Bench.Tables;

// Lakehouse.Bench NAME…|all [--quick] [--json]: every figure is a ratio to a yardstick measured in the same run.
if (args is [PlanBench.OnceArgument, var folder]) return await PlanBench.PlanOnceAsync(folder);
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
    new DemoBench(),
    new AppHostBench(),
];
return await BenchCommand.RunAsync(benches, args);
