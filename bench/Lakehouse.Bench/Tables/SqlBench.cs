using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>What a query costs more because its table is a Delta table: finding the version, listing its files, pruning, binding.</summary>
internal sealed class SqlBench : IBench
{
    private static readonly TableName Table = TableName.Parse("bench.lineitem");

    public string Name => "sql";

    public string Summary => "Q1- and Q6-like over a 6M-row Delta table, beside DuckDB on the same Parquet files";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        await using LakeSession session = lake.OpenSession();
        using DuckDbDatabase plain = DuckDbDatabase.Open();
        using DuckDbConnection connection = plain.Connect();
        int rows = context.Size(6_000_000, 300_000);
        await context.Progress.WriteLineAsync($"writing {rows} rows");
        CommitResult written = await lake.Table(Table).AppendAsync(session.Connection, Lineitem.Rows(rows), cancellationToken: context.Cancellation);
        string files = DataFiles.Scan(lake, Table, written.Snapshot);

        List<Figure> figures = [];
        foreach ((string query, string sql) in new[] { ("q1", Lineitem.Q1), ("q6", Lineitem.Q6) })
        {
            string theirs = "", ours = "";
            Interleaved measured = await Interleaved.MeasureAsync(
                () => Interleaved.TimeAsync(async () => theirs = Answers.Read(await connection.QueryAsync(string.Format(CultureInfo.InvariantCulture, sql, files), context.Cancellation))),
                () => Interleaved.TimeAsync(async () => ours = Answers.Read(await session.QueryAsync(string.Format(CultureInfo.InvariantCulture, sql, Table), context.Cancellation))),
                context.Size(15, 3));
            Answers.MustBeEqual($"sql/{query}", theirs, ours);
            figures.Add(Figure.AtMost(
                $"sql/{query}", measured.Ratio, 1.15, "x", string.Create(CultureInfo.InvariantCulture, $"DuckDB on the same Parquet files, {measured.YardstickSeconds * 1000:0} ms"), measured.PeakMb));
        }

        return figures;
    }
}
