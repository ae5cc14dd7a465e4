using Lakehouse.Bench;
using Lakehouse.Bench.Demo;
using Lakehouse.Bench.Ingestion;
using Lakehouse.Bench.Medallion;
using Lakehouse.Bench.Platform;
using Lakehouse.Bench.Tables;

// Lakehouse.Bench NAME…|all [--quick] [--json]: every figure is a ratio to a yardstick measured in the same run.
IBench[] benches =
[
    new CdcStreamBench(),
    new SnapshotBench(),
    new MedallionBench(),
    new SqlBench(),
    new MergeBench(),
    new ZOrderBench(),
    new SmallFilesBench(),
    new CommitBench(),
    new AppendersBench(),
    new DemoBench(),
    new AppHostBench(),
];
return await BenchCommand.RunAsync(benches, args);
