using System.Globalization;
using Lakehouse.Cli.Output;

namespace Lakehouse.Cli.Demo;

/// <summary>The demo's report for people: both ends' answers side by side, then timings and freshness.</summary>
public sealed class DemoReportWriter(TextWriter output)
{
    private const int ShownRows = 5;
    private readonly TableResultWriter _tables = new(output);

    public void Write(DemoReport report)
    {
        foreach (DemoAnswer answer in report.Answers)
            WriteAnswer(answer);
        WriteTimings(report);
        WriteFreshness(report.Freshness);
        foreach (string warning in report.Warnings)
            output.WriteLine($"Warning: {warning}");
        int differing = report.Answers.Count(answer => !answer.Equal);
        output.WriteLine(differing == 0
            ? $"All {report.Answers.Count} answers of gold equal PostgreSQL's own at {report.Lsn}."
            : $"{differing} of {report.Answers.Count} answers of gold DIFFER from PostgreSQL's own at {report.Lsn}.");
        if (report.Lake is { } lake)
            output.WriteLine($"The lake is at {lake}; look around with: lakehouse sql --lake {lake} \"FROM gold.sales_metrics\"");
    }

    /// <summary>Gold's cells to the left, PostgreSQL's to the right; where they differ, rows that differ.</summary>
    private void WriteAnswer(DemoAnswer answer)
    {
        output.WriteLine(Text($"{answer.Question}: {(answer.Equal ? "equal" : "DIFFERENT")} ({answer.Rows.Count:N0} rows; gold {answer.LakeMs:0} ms, PostgreSQL {answer.SourceMs:0} ms)"));
        string[] columns = ["gold: " + answer.Columns[0], .. answer.Columns.Skip(1), "", "PostgreSQL: " + answer.Columns[0], .. answer.Columns.Skip(1)];
        bool[] numbers = [.. Enumerable.Range(0, answer.Columns.Count).Select(column => IsNumeric(answer, column))];
        List<string[]> rows = [.. Pairs(answer).Where(pair => answer.Equal || !Same(pair)).Take(ShownRows).Select(pair => Line(answer, pair))];
        _tables.Write(columns, [.. numbers, false, .. numbers], rows);
        if (answer.Equal && answer.Rows.Count > ShownRows)
            output.WriteLine(Text($"… and {answer.Rows.Count - ShownRows:N0} more rows, all equal"));
        output.WriteLine();
    }

    private static IEnumerable<(IReadOnlyList<string?>? Gold, IReadOnlyList<string?>? Source)> Pairs(DemoAnswer answer) =>
        Enumerable.Range(0, Math.Max(answer.Rows.Count, answer.SourceRows.Count))
            .Select(row => (row < answer.Rows.Count ? answer.Rows[row] : null, row < answer.SourceRows.Count ? answer.SourceRows[row] : null));

    private static string[] Line(DemoAnswer answer, (IReadOnlyList<string?>? Gold, IReadOnlyList<string?>? Source) pair) =>
        [.. Cells(answer, pair.Gold), Same(pair) ? "=" : "≠", .. Cells(answer, pair.Source)];

    private static IEnumerable<string> Cells(DemoAnswer answer, IReadOnlyList<string?>? row) =>
        row is null ? answer.Columns.Select((_, column) => column == 0 ? "(no row)" : "") : row.Select(cell => cell ?? "NULL");

    private static bool Same((IReadOnlyList<string?>? Gold, IReadOnlyList<string?>? Source) pair) =>
        pair is { Gold: { } gold, Source: { } source } && gold.SequenceEqual(source);

    private static bool IsNumeric(DemoAnswer answer, int column) =>
        answer.Rows.Count > 0 && answer.Rows.All(row => decimal.TryParse(row[column], NumberStyles.Number, CultureInfo.InvariantCulture, out _));

    private void WriteTimings(DemoReport report)
    {
        DemoTimings timings = report.Timings;
        List<string[]> rows = [["start PostgreSQL", Text($"{timings.StartPostgresSeconds:0.00} s"), "", ""]];
        if (timings.SeededRows > 0)
            rows.Add(["make the sample business", Text($"{timings.SeedSeconds:0.00} s"), Text($"{timings.SeededRows:N0}"), Text($"{timings.SeededRows / timings.SeedSeconds:N0}")]);
        rows.Add(timings.SnapshotRows > 0
            ? ["snapshot to bronze", Text($"{timings.SnapshotSeconds:0.00} s"), Text($"{timings.SnapshotRows:N0}"), Text($"{timings.SnapshotRowsPerSecond:N0}")]
            : ["catch up with bronze", Text($"{timings.SnapshotSeconds:0.00} s"), "", ""]);
        rows.Add(["first silver and gold, first answer", Text($"{timings.FirstModelsSeconds:0.00} s"), "", ""]);
        rows.Add(["from the start to the first gold answer", Text($"{timings.FirstGoldAnswerSeconds:0.00} s"), "", ""]);
        rows.Add(["changes to bronze", Text($"{timings.StreamSeconds:0.00} s"), Text($"{timings.Changes:N0}"), Text($"{timings.StreamRowsPerSecond:N0}")]);
        rows.Add([Text($"incremental model run (median of {timings.ModelRuns})"), Text($"{timings.MedianModelRunSeconds:0.00} s"), "", ""]);
        rows.Add(["catch up with the last change", Text($"{timings.CatchUpSeconds:0.00} s"), "", ""]);
        if (report.PeakMemoryMiB is { } memory)
            rows.Add(["most memory, PostgreSQL included", Text($"{memory:N0} MiB"), "", ""]);
        _tables.Write(["what", "time", "rows", "rows/s"], [false, true, true, true], rows);
        output.WriteLine();
    }

    private void WriteFreshness(DemoFreshness freshness)
    {
        output.WriteLine(Text($"Freshness: from the commit at the source until visible, over {freshness.Transactions:N0} transactions"));
        _tables.Write(["in", "p50", "p95", "p99"], [false, true, true, true],
            [Row("bronze", freshness.Bronze), Row("silver", freshness.Silver), Row("gold", freshness.Gold)]);
        output.WriteLine();

        static string[] Row(string layer, Percentiles delays) =>
            [layer, Text($"{delays.P50:N0} ms"), Text($"{delays.P95:N0} ms"), Text($"{delays.P99:N0} ms")];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
