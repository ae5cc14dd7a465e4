using System.Diagnostics;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;
using Lakehouse.Ingestion.Sample;

namespace Lakehouse.Cli.Demo;

/// <summary>Asks gold and PostgreSQL the same questions.</summary>
public sealed class AnswerComparison(Lake lake)
{
    /// <summary>One question to both; gold must have caught up with <paramref name="source"/>.</summary>
    public async Task<DemoAnswer> AskBothAsync(SampleAnswer question, SourceMoment source, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        (IReadOnlyList<string> columns, List<IReadOnlyList<string?>> rows) = await AskLakeAsync(question.LakeSql, cancellationToken);
        double lakeMs = Elapsed(started);
        started = Stopwatch.GetTimestamp();
        List<IReadOnlyList<string?>> sourceRows = await source.QueryAsync(question.SourceSql, cancellationToken);
        return new DemoAnswer(question.Name, question.Question, columns, rows, sourceRows, lakeMs, Elapsed(started));
    }

    /// <summary>The lake's answer alone.</summary>
    public async Task<(IReadOnlyList<string> Columns, List<IReadOnlyList<string?>> Rows)> AskLakeAsync(string sql, CancellationToken cancellationToken)
    {
        await using LakeSession session = lake.OpenSession();
        using DuckDbResult result = await session.QueryAsync(sql, cancellationToken);
        List<IReadOnlyList<string?>> rows = [];
        while (await result.NextChunkAsync(cancellationToken))
        {
            for (int row = 0; row < result.RowCount; row++)
                rows.Add(ReadRow(result, row));
        }
        return ([.. result.Columns.Select(column => column.Name)], rows);
    }

    private static string?[] ReadRow(DuckDbResult result, int row)
    {
        string?[] cells = new string?[result.Columns.Count];
        for (int column = 0; column < cells.Length; column++)
            cells[column] = ResultText.Read(result.Column(column), row);
        return cells;
    }

    private static double Elapsed(long started) => Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
}
