using System.Globalization;
using Lakehouse.Engine;
using Lakehouse.Testing.Engines;

namespace Lakehouse.Bench.Tables.SparkFuzz;

/// <summary>
/// Random histories of tables with all features mixed. Not for time: no row may differ. <c>table-fuzz</c> is by us alone beside a plain table of
/// DuckDB's, <c>spark-fuzz</c> by Spark and us in turns, on one table. The seeds begin with <c>LAKEHOUSE_FUZZ_SEED</c> (1), and
/// <c>LAKEHOUSE_FUZZ</c> says how many there are; a seed that fails prints its statements.
/// </summary>
internal sealed class TableFuzzBench(bool withSpark) : IBench
{
    /// <summary>What makes Spark quick on tables of a few rows.</summary>
    private static readonly string[] SparkSettings =
    [
        "TIME ZONE 'UTC'", "spark.sql.codegen.wholeStage=false", "spark.sql.codegen.factoryMode=NO_CODEGEN", "spark.sql.adaptive.enabled=false", "spark.sql.shuffle.partitions=1",
        "spark.databricks.delta.snapshotPartitions=1", "spark.databricks.delta.merge.materializeSource=none",
    ];

    public string Name => withSpark ? "spark-fuzz" : "table-fuzz";

    public string Summary => withSpark ? "random tables that Spark and we write in turns: how many the two read differently (none)" : "random tables beside DuckDB's own: how many hold other rows at any version (none)";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        if (withSpark && !SparkServer.IsHere) throw new BenchException(SparkServer.SkipReason);
        int first = BenchContext.Setting("LAKEHOUSE_FUZZ_SEED") ?? 1, count = BenchContext.Setting("LAKEHOUSE_FUZZ") ?? (withSpark ? context.Size(50, 2) : context.Size(500, 20));
        await using SparkServer? spark = withSpark ? await SparkServer.StartAsync(context.Cancellation) : null;
        if (spark is not null)
        {
            foreach (string setting in SparkSettings) await spark.ExecuteAsync($"SET {setting}", context.Cancellation);
        }

        int failures = 0, done = 0, refused = 0;
        for (int seed = first; seed < first + count; seed++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            await using Lake lake = Lake.Open(context.PathOf("lake"), new LakeOptions { Threads = 1, MemoryLimit = "1GB" });
            await using LakeSession session = lake.OpenSession();
            await session.Connection.ExecuteAsync("SET TimeZone = 'UTC'", context.Cancellation);
            using StringWriter log = new(CultureInfo.InvariantCulture);
            IReadOnlyList<string> wrong;
            if (spark is not null)
            {
                MixedHistory history = new(seed, context.Folder, spark, session, log, context.Cancellation);
                wrong = await history.RunAsync();
                (done, refused) = (done + history.Statements.Done, refused + history.Statements.Refused);
            }
            else
            {
                ReferenceHistory history = new(seed, context.Folder, session, log, context.Cancellation);
                wrong = await history.RunAsync() is { } found ? [found] : [];
                (done, refused) = (done + history.Done, refused + history.Refused);
            }

            if (wrong.Count == 0) continue;
            failures++;
            await context.Progress.WriteLineAsync($"seed {seed}:\n{log}{string.Join('\n', wrong)}");
        }

        return [Figure.AtMost(Name, failures, 0, "failures", string.Create(CultureInfo.InvariantCulture, $"{count} tables from seed {first}, {done} statements done, {refused} refused by name"), PeakMemory.ReadMb())];
    }
}
