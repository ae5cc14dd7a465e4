namespace Lakehouse.Ingestion.Tests.Sample;

/// <summary>Counts of what must not be in the sample business.</summary>
internal static class SampleQuestions
{
    public const string WrongInvoices =
        """
        SELECT count(*)
        FROM sales.invoices
        LEFT JOIN (
          SELECT
            lines.order_id,
            sum(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2)) AS ex_tax,
            sum(round(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2) * items.tax_rate, 2)) AS tax
          FROM sales.order_lines AS lines JOIN warehouse.stock_items AS items USING (stock_item_id)
          GROUP BY lines.order_id
        ) AS totals USING (order_id)
        WHERE total_ex_tax IS DISTINCT FROM ex_tax OR tax_amount IS DISTINCT FROM tax OR total_inc_tax IS DISTINCT FROM ex_tax + tax
        """;

    public const string InvoicedOrdersWithoutInvoice =
        "SELECT count(*) FROM sales.orders FULL JOIN sales.invoices USING (order_id) WHERE (coalesce(status, '') = 'invoiced') <> (invoice_id IS NOT NULL)";

    public const string OrdersWithoutLines =
        "SELECT count(*) FROM sales.orders WHERE NOT EXISTS (SELECT FROM sales.order_lines AS lines WHERE lines.order_id = orders.order_id)";
}
