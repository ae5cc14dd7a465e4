namespace Lakehouse.Ingestion.Sample;

/// <summary>How many rows of the drawn tables a scale gives; the others follow from them (see docs/sample-business.md).</summary>
/// <param name="Suppliers">Rows of purchasing.suppliers.</param>
/// <param name="StockItems">Rows of warehouse.stock_items and of warehouse.stock_item_holdings.</param>
/// <param name="Customers">Rows of sales.customers.</param>
/// <param name="Orders">Rows of sales.orders; each has 3.5 lines on average.</param>
public sealed record SampleRows(int Suppliers, int StockItems, int Customers, int Orders)
{
    /// <summary>The largest scale; beyond it identifiers would no longer fit.</summary>
    public const double MaxScale = 100;

    /// <summary>The rows of a scale; 1 makes about a million rows over all tables, and the smallest scale still some of each.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not above 0 and at most <see cref="MaxScale"/>.</exception>
    public static SampleRows Of(double scale)
    {
        if (!(scale > 0 && scale <= MaxScale))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, $"The scale of the sample business is above 0 and at most {MaxScale}; 1 is about a million rows.");
        return new SampleRows(
            Suppliers: Math.Max(5, (int)(250 * scale)),
            StockItems: Math.Max(20, (int)(4_000 * scale)),
            Customers: Math.Max(20, (int)(20_000 * scale)),
            Orders: Math.Max(50, (int)(180_000 * scale)));
    }
}
