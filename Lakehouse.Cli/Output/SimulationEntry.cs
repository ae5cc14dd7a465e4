using Lakehouse.Ingestion.Sample;

namespace Lakehouse.Cli.Output;

/// <summary>What <c>lakehouse simulate --json</c> prints.</summary>
public sealed record SimulationEntry(
    long Changes,
    long Transactions,
    double Seconds,
    string LastLsn,
    IReadOnlyDictionary<string, long> ChangesByTable,
    IReadOnlyList<string> SchemaChanges)
{
    public static SimulationEntry Of(SimulatorReport report) => new(
        report.Changes,
        report.Transactions,
        Math.Round(report.Elapsed.TotalSeconds, 3),
        report.LastLsn.ToString(),
        report.ChangesByTable,
        report.SchemaChanges);
}
