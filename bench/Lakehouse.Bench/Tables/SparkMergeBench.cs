using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Testing.Engines;

namespace Lakehouse.Bench.Tables;

/// <summary>The upsert of the bench <c>merge</c>, beside Spark's <c>MERGE INTO</c> on a Delta table of its own with the same rows and the same
/// changes. Spark runs on two cores, with deletion vectors, and has merged before it is measured; what it takes is asked over Spark Connect.</summary>
internal sealed class SparkMergeBench : IBench
{
    private static readonly TableName Table = TableName.Parse("bench.lineitem");

    public string Name => "spark-merge";

    public string Summary => "an upsert of 1 % of 6M rows, beside Spark local[2] with Delta Lake on the same rows";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        if (!SparkServer.IsHere) throw new BenchException(SparkServer.SkipReason);
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        await using LakeSession session = lake.OpenSession();
        int rows = context.Size(6_000_000, 300_000), pairs = context.Size(3, 1);
        await context.Progress.WriteLineAsync($"writing {rows} rows and {pairs + 1} rounds of changes");
        string data = context.PathOf("lineitem.parquet"), theirs = context.PathOf("spark");
        await session.Connection.ExecuteAsync($"COPY ({Lineitem.Rows(rows)}) TO {DataFiles.Literal(data)} (FORMAT parquet)", context.Cancellation);
        for (int round = 0; round <= pairs; round++)
            await session.Connection.ExecuteAsync($"COPY ({Lineitem.Changes(rows, round)}) TO {DataFiles.Literal(Changes(context, round))} (FORMAT parquet)", context.Cancellation);
        await lake.Table(Table).AppendAsync(session.Connection, $"SELECT * FROM {DataFiles.Scan([data])}", cancellationToken: context.Cancellation);
        await context.Progress.WriteLineAsync("starting Spark");
        await using SparkServer spark = await SparkServer.StartAsync(context.Cancellation, heap: "3g", shortLived: false);
        await spark.ExecuteAsync($"CREATE TABLE delta.`{theirs}` USING delta TBLPROPERTIES('delta.enableDeletionVectors'='true') AS SELECT * FROM parquet.`{data}`", context.Cancellation);

        string condition = string.Join(" AND ", Lineitem.Keys.Select(key => $"t.{key} = s.{key}"));
        int theirRound = 0, ourRound = 0;
        Interleaved measured = await Interleaved.MeasureAsync(
            () => Interleaved.TimeAsync(() => spark.ExecuteAsync(
                $"MERGE INTO delta.`{theirs}` t USING parquet.`{Changes(context, theirRound++)}` s ON {condition} WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *", context.Cancellation)),
            () => Interleaved.TimeAsync(() => lake.Table(Table).MergeAsync(
                session.Connection, $"SELECT * FROM {DataFiles.Scan([Changes(context, ourRound++)])}", new MergeOptions { Keys = Lineitem.Keys }, context.Cancellation)),
            pairs);
        Answers.MustBeEqual("spark-merge", await FingerprintAsync($"delta_scan('{theirs}')"), await FingerprintAsync(Table.ToString()));
        return [Figure.AtMost(
            Name, measured.Ratio, 0.1, "x", string.Create(CultureInfo.InvariantCulture, $"Spark, {measured.YardstickSeconds:0.00} s, peak {PeakMemory.ReadMb(spark.ProcessId):0} MB"), measured.PeakMb)];

        async Task<string> FingerprintAsync(string table) =>
            Answers.Read(await session.QueryAsync(string.Format(CultureInfo.InvariantCulture, Lineitem.Fingerprint, table), context.Cancellation));
    }

    private static string Changes(BenchContext context, int round) => context.PathOf(string.Create(CultureInfo.InvariantCulture, $"changes-{round}.parquet"));
}
