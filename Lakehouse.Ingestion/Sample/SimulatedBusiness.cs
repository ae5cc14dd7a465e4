using Npgsql;

namespace Lakehouse.Ingestion.Sample;

/// <summary>
/// Draws what happens next in the sample business. Remembers which orders are open, cancelled or unpaid, so that every
/// transaction finds the rows it changes; one simulator at a time works on a database.
/// </summary>
internal sealed class SimulatedBusiness
{
    private static readonly string[] Salespeople = ["Amal Haddad", "Bruno Costa", "Chiara Weiss", "Dmitri Novak", "Esi Mensah", "Freya Lind", "Goran Ilic", "Hana Sato"];
    private static readonly string[] Places = ["Braga|Portugal", "Bremen|Germany", "Arnhem|Netherlands", "Tampere|Finland", "Poznan|Poland", "Lille|France", "Galway|Ireland", "York|United Kingdom", "Denver|United States"];
    private static readonly string[] Categories = ["Novelty shop", "Gift store", "Supermarket", "Computer store", "Corporate"];
    private static readonly decimal[] Discounts = [0m, 0m, 0m, 0m, 2.5m, 5m, 7.5m, 10m];
    private static readonly string?[] Comments = [null, null, null, null, "Leave at the side door.", "Call before delivery.", "Gift wrap, please."];

    // What happens, and how often out of a hundred.
    private readonly (int Weight, Func<SimulatedTransaction> Draw)[] kinds;

    private readonly Random random;
    private readonly int customers;
    private readonly int stockItems;
    private readonly int suppliers;
    private readonly List<(long Order, string Status)> open = [];
    private readonly List<long> cancelled = [];
    private readonly List<long> unpaid = [];
    private readonly List<long> longComments = [];
    private long lastOrder;
    private long lastInvoice;
    private int lastCustomer;

    private SimulatedBusiness(int seed, int customers, int stockItems, int suppliers)
    {
        random = new Random(seed);
        this.customers = customers;
        this.stockItems = stockItems;
        this.suppliers = suppliers;
        lastCustomer = customers;
        kinds =
        [
            (30, PlaceOrder), (16, AdvanceOrder), (14, InvoiceOrder), (10, PayInvoice), (4, CancelOrder), (3, DeleteCancelledOrder),
            (5, MoveCustomer), (4, ChangeCreditLimit), (2, WelcomeCustomer), (4, ChangePrice), (3, Restock), (2, EditSupplier), (3, TouchLongOrder),
        ];
    }

    /// <summary>Whether new rows fill the columns that the schema pattern adds.</summary>
    public bool FillsLoyaltyTier { get; set; }

    /// <summary>Reads what the business is at.</summary>
    /// <exception cref="PostgresException">The database does not hold the sample business.</exception>
    public static async Task<SimulatedBusiness> LoadAsync(NpgsqlConnection connection, int seed, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (string sql in new[]
        {
            "SELECT (SELECT max(customer_id) FROM sales.customers), (SELECT max(stock_item_id) FROM warehouse.stock_items), (SELECT max(supplier_id) FROM purchasing.suppliers), (SELECT coalesce(max(order_id), 0) FROM sales.orders), (SELECT coalesce(max(invoice_id), 0) FROM sales.invoices)",
            "SELECT order_id, status FROM sales.orders WHERE status IN ('placed', 'picked', 'shipped') ORDER BY order_id",
            "SELECT order_id FROM sales.orders WHERE status = 'cancelled' ORDER BY order_id",
            "SELECT invoice_id FROM sales.invoices WHERE paid_at IS NULL ORDER BY invoice_id",
            "SELECT order_id FROM sales.orders WHERE length(comments) > 2000 AND status = 'invoiced' ORDER BY order_id",
        })
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (await reader.IsDBNullAsync(0, cancellationToken).ConfigureAwait(false) || await reader.IsDBNullAsync(1, cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException($"The sample business in database '{connection.Database}' is empty; seed it first.");
        var business = new SimulatedBusiness(seed, reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2))
        {
            lastOrder = reader.GetInt64(3),
            lastInvoice = reader.GetInt64(4),
        };
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) business.open.Add((reader.GetInt64(0), reader.GetString(1)));
        foreach (List<long> list in new[] { business.cancelled, business.unpaid, business.longComments })
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) list.Add(reader.GetInt64(0));
        }
        return business;
    }

    /// <summary>What happens next.</summary>
    public SimulatedTransaction Draw()
    {
        int drawn = random.Next(kinds.Sum(kind => kind.Weight));
        foreach ((int weight, Func<SimulatedTransaction> draw) in kinds)
        {
            if (drawn < weight) return draw();
            drawn -= weight;
        }
        throw new InvalidOperationException("The weights do not add up.");
    }

    /// <summary>One large transaction of about that many row changes, over several tables.</summary>
    public SimulatedTransaction DrawBulk(long changes)
    {
        var statements = new List<SimulatedStatement>();
        decimal factor = 1 + random.Next(-50, 51) / 1000m;
        int prices = (int)Math.Min(stockItems, Math.Max(1, changes / 4));
        long from = random.Next(Math.Max(1, stockItems - prices + 1));
        statements.Add(new SimulatedStatement("warehouse.stock_items",
            "UPDATE warehouse.stock_items SET unit_price = greatest(0.50, round(unit_price * $1, 2)), updated_at = now() WHERE stock_item_id > $2 AND stock_item_id <= $3",
            factor, (int)from, (int)(from + prices)));
        int limits = (int)Math.Min(customers, changes / 4);
        long first = random.Next(Math.Max(1, customers - limits + 1));
        statements.Add(new SimulatedStatement("sales.customers",
            "UPDATE sales.customers SET credit_limit = credit_limit + $1, updated_at = now() WHERE customer_id > $2 AND customer_id <= $3",
            500m, (int)first, (int)(first + limits)));
        // The rest postpones deliveries, the newest orders first, and again from the end when there are too few.
        for (long left = changes - prices - limits; left > 0;)
        {
            long orders = Math.Min(left, lastOrder);
            statements.Add(new SimulatedStatement("sales.orders",
                "UPDATE sales.orders SET expected_delivery_date = expected_delivery_date + 1, updated_at = now() WHERE order_id > $1", lastOrder - orders));
            left -= orders;
        }
        return new SimulatedTransaction(statements);
    }

    private SimulatedTransaction PlaceOrder()
    {
        long order = lastOrder + 1;
        int count = 1 + random.Next(Math.Min(6, stockItems));
        var items = new HashSet<int>();
        while (items.Count < count) items.Add(1 + random.Next(stockItems));
        int[] chosen = [.. items];
        // As in the seed, one line in four thousand has no quantity.
        int[] quantities = [.. chosen.Select(_ => random.Next(4000) == 0 ? 0 : 1 + random.Next(24))];
        decimal[] discounts = [.. chosen.Select(_ => Pick(Discounts))];
        return new SimulatedTransaction(
            [
                new SimulatedStatement("sales.orders",
                    "INSERT INTO sales.orders (order_id, customer_id, salesperson, order_date, expected_delivery_date, status, comments, created_at, updated_at) VALUES ($1, $2, $3, CURRENT_DATE, CURRENT_DATE + $4, 'placed', $5, now(), now())",
                    order, 1 + random.Next(customers), Pick(Salespeople), 2 + random.Next(12), Pick(Comments)),
                new SimulatedStatement("sales.order_lines",
                    "INSERT INTO sales.order_lines (order_line_id, order_id, stock_item_id, description, quantity, unit_price, discount_pct, updated_at) SELECT $1 * 10 + line.number, $1, items.stock_item_id, items.stock_item_name, line.quantity, items.unit_price, line.discount, now() FROM unnest($2::int[], $3::int[], $4::numeric[]) WITH ORDINALITY AS line (item, quantity, discount, number) JOIN warehouse.stock_items AS items ON items.stock_item_id = line.item",
                    order, chosen, quantities, discounts),
                new SimulatedStatement("warehouse.stock_item_holdings",
                    "UPDATE warehouse.stock_item_holdings AS holdings SET quantity_on_hand = quantity_on_hand - line.quantity, updated_at = now() FROM unnest($1::int[], $2::int[]) AS line (item, quantity) WHERE holdings.stock_item_id = line.item",
                    chosen, quantities),
            ],
            () =>
            {
                lastOrder = order;
                open.Add((order, "placed"));
            });
    }

    private SimulatedTransaction AdvanceOrder()
    {
        int at = FindOpen(status => status != "shipped");
        if (at < 0) return PlaceOrder();
        (long order, string status) = open[at];
        string next = status == "placed" ? "picked" : "shipped";
        return new SimulatedTransaction(
            [new SimulatedStatement("sales.orders", "UPDATE sales.orders SET status = $2, updated_at = now() WHERE order_id = $1", order, next)],
            () => open[at] = (order, next));
    }

    private SimulatedTransaction InvoiceOrder()
    {
        int at = FindOpen(_ => true);
        if (at < 0) return PlaceOrder();
        long order = open[at].Order;
        long invoice = lastInvoice + 1;
        return new SimulatedTransaction(
            [
                new SimulatedStatement("sales.orders", "UPDATE sales.orders SET status = 'invoiced', updated_at = now() WHERE order_id = $1", order),
                new SimulatedStatement("sales.invoices", SampleSql.Read("invoice_order"), invoice, order),
            ],
            () =>
            {
                lastInvoice = invoice;
                unpaid.Add(invoice);
                RemoveAt(open, at);
            });
    }

    private SimulatedTransaction PayInvoice()
    {
        if (unpaid.Count == 0) return PlaceOrder();
        int at = random.Next(unpaid.Count);
        return new SimulatedTransaction(
            [new SimulatedStatement("sales.invoices", "UPDATE sales.invoices SET paid_at = now(), updated_at = now() WHERE invoice_id = $1", unpaid[at])],
            () => RemoveAt(unpaid, at));
    }

    private SimulatedTransaction CancelOrder()
    {
        int at = FindOpen(_ => true);
        if (at < 0) return PlaceOrder();
        long order = open[at].Order;
        return new SimulatedTransaction(
            [
                new SimulatedStatement("sales.orders", "UPDATE sales.orders SET status = 'cancelled', updated_at = now() WHERE order_id = $1", order),
                new SimulatedStatement("warehouse.stock_item_holdings",
                    "UPDATE warehouse.stock_item_holdings AS holdings SET quantity_on_hand = quantity_on_hand + returned.quantity, updated_at = now() FROM (SELECT stock_item_id, sum(quantity)::int AS quantity FROM sales.order_lines WHERE order_id = $1 GROUP BY stock_item_id) AS returned WHERE holdings.stock_item_id = returned.stock_item_id",
                    order),
            ],
            () =>
            {
                cancelled.Add(order);
                RemoveAt(open, at);
            });
    }

    private SimulatedTransaction DeleteCancelledOrder()
    {
        if (cancelled.Count == 0) return CancelOrder();
        int at = random.Next(cancelled.Count);
        long order = cancelled[at];
        return new SimulatedTransaction(
            [
                new SimulatedStatement("sales.order_lines", "DELETE FROM sales.order_lines WHERE order_id = $1", order),
                new SimulatedStatement("sales.orders", "DELETE FROM sales.orders WHERE order_id = $1", order),
            ],
            () => RemoveAt(cancelled, at));
    }

    private SimulatedTransaction MoveCustomer()
    {
        string[] place = Pick(Places).Split('|');
        return new SimulatedTransaction(
            [new SimulatedStatement("sales.customers", "UPDATE sales.customers SET city = $2, country = $3, updated_at = now() WHERE customer_id = $1", 1 + random.Next(customers), place[0], place[1])]);
    }

    private SimulatedTransaction ChangeCreditLimit() => new(
        [new SimulatedStatement("sales.customers", "UPDATE sales.customers SET credit_limit = $2, updated_at = now() WHERE customer_id = $1", 1 + random.Next(customers), (5 + random.Next(96)) * 500m)]);

    private SimulatedTransaction WelcomeCustomer()
    {
        int customer = lastCustomer + 1;
        string[] place = Pick(Places).Split('|');
        string tierColumn = FillsLoyaltyTier ? ", loyalty_tier" : "";
        string tierValue = FillsLoyaltyTier ? ", 'new'" : "";
        return new SimulatedTransaction(
            [
                new SimulatedStatement("sales.customers",
                    $"INSERT INTO sales.customers (customer_id, customer_name, customer_category, email, phone, city, country, credit_limit, is_active, preferences, created_at, updated_at{tierColumn}) VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, true, jsonb_build_object('newsletter', true, 'channel', 'email'), now(), now(){tierValue})",
                    customer, $"Newly Opened Gifts {customer}", Pick(Categories), $" Hello{customer}@New.Example", place[0], place[1], 2500m),
            ],
            () => lastCustomer = customer);
    }

    private SimulatedTransaction ChangePrice() => new(
        [
            new SimulatedStatement("warehouse.stock_items",
                "UPDATE warehouse.stock_items SET unit_price = greatest(0.50, round(unit_price * $2, 2)), updated_at = now() WHERE stock_item_id = $1",
                1 + random.Next(stockItems), 0.8m + random.Next(41) / 100m),
        ]);

    private SimulatedTransaction Restock() => new(
        [
            new SimulatedStatement("warehouse.stock_item_holdings",
                "UPDATE warehouse.stock_item_holdings SET quantity_on_hand = quantity_on_hand + $2, last_cost_price = greatest(0.10, round(last_cost_price * $3, 2)), updated_at = now() WHERE stock_item_id = $1",
                1 + random.Next(stockItems), 10 * (1 + random.Next(50)), 0.95m + random.Next(11) / 100m),
        ]);

    private SimulatedTransaction EditSupplier() => new(
        [new SimulatedStatement("purchasing.suppliers", "UPDATE purchasing.suppliers SET payment_days = $2, updated_at = now() WHERE supplier_id = $1", 1 + random.Next(suppliers), 7 * (1 + random.Next(9)))]);

    // Leaves a comment alone that is stored out of line: change capture then gets the row without it.
    private SimulatedTransaction TouchLongOrder() => longComments.Count == 0
        ? ChangeCreditLimit()
        : new SimulatedTransaction(
            [new SimulatedStatement("sales.orders", "UPDATE sales.orders SET salesperson = $2, updated_at = now() WHERE order_id = $1", Pick(longComments), Pick(Salespeople))]);

    // The first open order that fits, from a drawn place on; -1 when there is none.
    private int FindOpen(Func<string, bool> fits)
    {
        if (open.Count == 0) return -1;
        int start = random.Next(open.Count);
        for (int i = 0; i < open.Count; i++)
        {
            int at = (start + i) % open.Count;
            if (fits(open[at].Status)) return at;
        }
        return -1;
    }

    private T Pick<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];

    private static void RemoveAt<T>(List<T> list, int at)
    {
        list[at] = list[^1];
        list.RemoveAt(list.Count - 1);
    }
}
