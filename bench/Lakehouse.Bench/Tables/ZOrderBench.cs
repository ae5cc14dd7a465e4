using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>Bringing a table's rows into the z-order of two columns, beside DuckDB sorting the same rows by the same columns and writing them
/// into files of the same size. The yardstick neither measures how the values are spread, nor syncs, nor commits. Before every round the
/// table is restored to the files that it came with.</summary>
internal sealed class ZOrderBench : IBench
{
    private const long FileBytes = 64L << 20;

    private static readonly TableName Table = TableName.Parse("bench.lineitem");
    private static readonly IReadOnlyList<string> Columns = ["l_shipdate", "l_partkey"];

    public string Name => "zorder";

    public string Summary => "optimize by z-order of 6M rows, beside DuckDB sorting and writing them";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        await using LakeSession session = lake.OpenSession();
        using DuckDbDatabase plain = DuckDbDatabase.Open();
        using DuckDbConnection connection = plain.Connect();
        LakeTable table = lake.Table(Table);
        int rows = context.Size(6_000_000, 300_000);
        await context.Progress.WriteLineAsync($"writing {rows} rows");
        CommitResult written = await table.AppendAsync(session.Connection, Lineitem.Rows(rows), cancellationToken: context.Cancellation);
        string files = DataFiles.Scan(lake, Table, written.Snapshot);
        string before = Answers.Read(await connection.QueryAsync(string.Format(CultureInfo.InvariantCulture, Lineitem.Fingerprint, files), context.Cancellation));

        int round = 0;
        Interleaved measured = await Interleaved.MeasureAsync(
            async () =>
            {
                string folder = context.PathOf(string.Create(CultureInfo.InvariantCulture, $"sorted-{round++}"));
                double seconds = await Interleaved.TimeAsync(() => connection.ExecuteAsync(
                    $"COPY (SELECT * FROM {files} ORDER BY {string.Join(", ", Columns)}) TO {DataFiles.Literal(folder)} (FORMAT parquet, COMPRESSION snappy, FILE_SIZE_BYTES {FileBytes})", context.Cancellation));
                Directory.Delete(folder, recursive: true);
                return seconds;
            },
            async () =>
            {
                await table.RestoreAsync(written.Version, context.Cancellation);
                return await Interleaved.TimeAsync(() => table.OptimizeAsync(session.Connection, new OptimizeOptions { ZOrderBy = Columns, TargetFileBytes = FileBytes }, context.Cancellation));
            },
            context.Size(3, 1));
        Answers.MustBeEqual("zorder", before, Answers.Read(await session.QueryAsync(string.Format(CultureInfo.InvariantCulture, Lineitem.Fingerprint, Table), context.Cancellation)));
        return [Figure.AtMost(
            "zorder", measured.Ratio, 1.5, "x", string.Create(CultureInfo.InvariantCulture, $"sort and write by DuckDB, {measured.YardstickSeconds:0.00} s"), measured.PeakMb)];
    }
}
