namespace Lakehouse.Ingestion.Sample;

/// <summary>
/// Questions whose answers must be the same from gold as from the source. Rows that silver puts into quarantine (order
/// lines without a quantity) are left out of the source's answers by the same rule.
/// </summary>
public static class SampleAnswers
{
    private static readonly (string Name, string Question)[] Questions =
    [
        ("revenue-by-month", "Revenue by month and customer category"),
        ("top-customers", "The ten customers with the highest revenue"),
        ("stock-value-by-supplier", "Stock value by supplier"),
        ("open-orders", "Open orders by status"),
        ("customers-by-country", "Customers and credit limits by country"),
        ("current-dimensions", "What the dimensions' current versions hold"),
    ];

    /// <summary>All questions.</summary>
    public static IReadOnlyList<SampleAnswer> All { get; } =
        [.. Questions.Select(q => new SampleAnswer(q.Name, q.Question, SampleSql.Read($"answers/{q.Name}.lake"), SampleSql.Read($"answers/{q.Name}.source")))];
}
