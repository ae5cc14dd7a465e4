using System.Globalization;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>What deletion vectors cost those who read: the same questions to a table of which one row in twenty is deleted, spread
/// evenly, and to the table without.</summary>
internal sealed class DeletedRowsBench : IBench
{
    private static readonly TableName Whole = TableName.Parse("bench.whole");
    private static readonly TableName Deleted = TableName.Parse("bench.deleted");

    public string Name => "deleted-rows";

    public string Summary => "Q1- and Q6-like over 6M rows of which 5 % are deleted, beside the same without deletions";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        await using LakeSession session = lake.OpenSession();
        int rows = context.Size(6_000_000, 300_000);
        await context.Progress.WriteLineAsync($"writing {rows} rows twice");
        foreach (TableName name in new[] { Whole, Deleted }) await lake.Table(name).AppendAsync(session.Connection, Lineitem.Rows(rows), cancellationToken: context.Cancellation);
        await lake.Table(Deleted).DeleteAsync(session.Connection, "hash(l_orderkey, l_linenumber, 5) % 20 = 0", cancellationToken: context.Cancellation);

        List<Figure> figures = [];
        foreach ((string query, string sql) in new[] { ("q1", Lineitem.Q1), ("q6", Lineitem.Q6) })
        {
            Interleaved measured = await Interleaved.MeasureAsync(() => RunAsync(sql, Whole), () => RunAsync(sql, Deleted), context.Size(15, 3));
            figures.Add(Figure.AtMost(
                $"deleted-rows/{query}", measured.Ratio, 1.15, "x", string.Create(CultureInfo.InvariantCulture, $"the same without deletions, {measured.YardstickSeconds * 1000:0} ms"), measured.PeakMb));
        }

        string expected = Answers.Read(await session.QueryAsync($"SELECT count(*), sum(l_extendedprice) FROM {Whole} WHERE hash(l_orderkey, l_linenumber, 5) % 20 <> 0", context.Cancellation));
        Answers.MustBeEqual("deleted-rows", expected, Answers.Read(await session.QueryAsync($"SELECT count(*), sum(l_extendedprice) FROM {Deleted}", context.Cancellation)));
        return figures;

        Task<double> RunAsync(string sql, TableName table) => Interleaved.TimeAsync(async () =>
            Answers.Read(await session.QueryAsync(string.Format(CultureInfo.InvariantCulture, sql, table), context.Cancellation)));
    }
}
