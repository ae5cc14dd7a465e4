using System.Diagnostics;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Engine.Results;
using Lakehouse.Ingestion.Sample;
using Npgsql;

namespace Lakehouse.Cli.Demo;

/// <summary>Asks gold and PostgreSQL the same questions.</summary>
public sealed class AnswerComparison(Lake lake, NpgsqlDataSource source)
{
    /// <summary>One question to both. The source must not change meanwhile, and gold must have caught up with it.</summary>
    public async Task<DemoAnswer> AskBothAsync(SampleAnswer question, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        (IReadOnlyList<string> columns, List<IReadOnlyList<string?>> rows) = await AskLakeAsync(question.LakeSql, cancellationToken);
        double lakeMs = Elapsed(started);
        started = Stopwatch.GetTimestamp();
        List<IReadOnlyList<string?>> sourceRows = await AskSourceAsync(question.SourceSql, cancellationToken);
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

    private async Task<List<IReadOnlyList<string?>>> AskSourceAsync(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<IReadOnlyList<string?>> rows = [];
        while (await reader.ReadAsync(cancellationToken))
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? null : reader.GetString(column))]);
        return rows;
    }

    private static double Elapsed(long started) => Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
}
