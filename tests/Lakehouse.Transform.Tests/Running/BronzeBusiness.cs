using System.Globalization;

namespace Lakehouse.Transform.Tests;

/// <summary>
/// Bronze of the sample business as change data capture would leave it, made by SQL from a seed: first a snapshot, then rounds of
/// random inserts, updates, deletes, truncations and, in every other round, unchanged large values, each round three transactions
/// over all tables.
/// </summary>
internal sealed class BronzeBusiness(TransformLake lake, int seed)
{
    private readonly Dictionary<string, long> _versions = [];
    private int _round;

    private static readonly (string Table, string Key, int Rows, string Columns, string? Toasted, bool KeepsOldRow)[] Tables =
    [
        ("sales_customers", "customer_id INTEGER", 40, """
            ' Customer ' || r('name', key, 50) AS customer_name,
            (['Novelty shop', 'Gift store', 'Supermarket', 'Corporate', 'Corner shop'])[1 + r('category', key, 5)] AS customer_category,
            CASE r('mail', key, 5) WHEN 0 THEN 'no address' ELSE 'C' || key || '@Example.com' END AS email,
            '555-' || key AS phone, 'City ' || r('city', key, 5) AS city, 'Land ' || r('country', key, 3) AS country,
            (100 * r('limit', key, 90))::DECIMAL(12, 2) AS credit_limit, r('active', key, 4) > 0 AS is_active,
            '{"newsletter": ' || (r('news', key, 2) = 0) || ', "channel": "web"}' AS preferences
            """, "preferences", true),
        ("purchasing_suppliers", "supplier_id INTEGER", 6, """
            'Supplier ' || r('name', key, 9) AS supplier_name, 'goods' AS category, 's' || key || '@example.com' AS contact_email,
            r('days', key, 60) AS payment_days, 'Land ' || r('country', key, 3) AS country
            """, null, false),
        ("warehouse_stock_items", "stock_item_id INTEGER", 20, """
            'Item ' || r('name', key, 40) AS stock_item_name, 1 + r('supplier', key, 6) AS supplier_id, nullif('Brand ' || r('brand', key, 3), 'Brand 0') AS brand,
            'M' AS size, 'red' AS color, (5 + r('price', key, 4000) / 100)::DECIMAL(10, 2) AS unit_price, 0.15::DECIMAL(5, 3) AS tax_rate,
            ['a', 'b' || r('tag', key, 9)] AS tags, r('chill', key, 5) = 0 AS is_chiller
            """, "tags", true),
        ("warehouse_stock_item_holdings", "stock_item_id INTEGER", 20, """
            r('hand', key, 500) AS quantity_on_hand, 'B' || r('bin', key, 9) AS bin_location, (r('cost', key, 900) / 10)::DECIMAL(10, 2) AS last_cost_price, 10 AS reorder_level
            """, null, false),
        ("sales_orders", "order_id BIGINT", 150, """
            1 + r('customer', key, 44) AS customer_id, 'Kim' AS salesperson, DATE '2024-01-01' + (r0('date', key, 300)) AS order_date,
            DATE '2024-01-01' + (r0('date', key, 300) + 3) AS expected_delivery_date,
            CASE r('bad', key, 40) WHEN 0 THEN 'lost' ELSE (['placed', 'picked', 'shipped', 'invoiced', 'cancelled'])[1 + r('status', key, 5)] END AS status,
            'comment ' || r('comment', key, 99) AS comments
            """, "comments", false),
        ("sales_order_lines", "order_line_id BIGINT", 400, """
            (1 + r('order', key, 160))::BIGINT AS order_id, 1 + r('item', key, 21) AS stock_item_id, 'Line' AS description,
            r('quantity', key, 20) AS quantity, (1 + r('price', key, 9000) / 100)::DECIMAL(10, 2) AS unit_price, (5 * r('discount', key, 4))::DECIMAL(5, 2) AS discount_pct
            """, null, false),
        ("sales_invoices", "invoice_id BIGINT", 60, """
            key::BIGINT AS order_id, 1 + r('customer', key, 44) AS customer_id, DATE '2024-06-01' + r('date', key, 90) AS invoice_date,
            (10 * r('total', key, 70))::DECIMAL(14, 2) AS total_ex_tax, r('total', key, 70)::DECIMAL(14, 2) AS tax_amount, (11 * r('total', key, 70))::DECIMAL(14, 2) AS total_inc_tax,
            CASE r('paid', key, 2) WHEN 0 THEN TIMESTAMPTZ '2024-09-01 00:00:00+00' END AS paid_at
            """, null, false),
    ];

    /// <summary>Writes the next round to every table, and the control row that makes it visible.</summary>
    /// <param name="truncate">A table that is truncated in the round's second transaction.</param>
    public async Task NextRoundAsync(string? truncate = null)
    {
        lake.Session.Connection.Execute(FormattableString.Invariant($"""
            CREATE OR REPLACE MACRO r(salt, key, n) AS (hash(salt || '-' || key || '-{seed}-{_round}') % n)::INTEGER;
            CREATE OR REPLACE MACRO r0(salt, key, n) AS (hash(salt || '-' || key || '-{seed}') % n)::INTEGER;
            """));
        foreach (var (table, key, rows, columns, toasted, keepsOldRow) in Tables)
            _versions[table] = await lake.AppendAsync("bronze." + table, Changes(table, key, rows, columns, toasted, keepsOldRow, table == truncate));
        await CommitAsync();
        _round++;
    }

    /// <summary>Writes rows that no control row has made visible yet.</summary>
    public Task<long> WriteUnseenAsync(string table) =>
        lake.AppendAsync("bronze." + table, $"SELECT * REPLACE (_lsn + 1000000 AS _lsn) FROM read_parquet('{lake.Folder}/bronze/{table}/**/*.parquet', hive_partitioning = true) LIMIT 5");

    private Task CommitAsync()
    {
        var tables = string.Join(", ", _versions.Select(v => $"'{v.Key}': {v.Value.ToString(CultureInfo.InvariantCulture)}::BIGINT"));
        return lake.AppendAsync("bronze._commits", FormattableString.Invariant($"""
        SELECT {_round}::BIGINT AS batch, 'business' AS source, {_round * 100}::BIGINT AS from_lsn, {_round * 100 + 3}::BIGINT AS to_lsn, 0::BIGINT AS rows,
            now() AS first_committed_at, now() AS last_committed_at, now() AS ingested_at,
            MAP {'{'}{tables}{'}'} AS tables
        """));
    }

    private string Changes(string table, string key, int rows, string columns, string? toasted, bool keepsOldRow, bool truncated)
    {
        var (name, type) = (key.Split(' ')[0], key.Split(' ')[1]);
        var changes = Math.Max(rows / 8, 3);
        // A key says when it was made: in round key / 10000.
        var keys = _round == 0
            ? FormattableString.Invariant($"SELECT i AS key, 'r' AS op, 0 AS txn, 0 AS seq FROM range(1, {rows + 1}) t(i)")
            : FormattableString.Invariant($"""
                SELECT CASE WHEN op = 'c' THEN {_round} * 10000 + i ELSE 1 + r('{table} key', i, {rows}) END AS key, op, txn, row_number() OVER (PARTITION BY txn ORDER BY i) AS seq
                FROM (SELECT i, (['u', 'u', 'u', 'c', 'd'])[1 + r('{table} op', i, 5)] AS op, 1 + i * 3 // {changes} AS txn FROM range({changes}) t(i))
                """);
        if (truncated)
            keys += " UNION ALL SELECT NULL, 't', 2, 0";
        return FormattableString.Invariant($"""
            SELECT {name}, {string.Join(", ", Names(columns).Select(c => Value(c, toasted, keepsOldRow)))}, CASE WHEN op <> 't' THEN created_at END AS created_at, CASE WHEN op <> 't' THEN updated_at END AS updated_at,
                op AS _op, ({_round} * 100 + txn)::BIGINT AS _lsn, seq::BIGINT AS _seq, ({_round} * 100 + txn)::BIGINT AS _txid,
                committed_at AS _committed_at, committed_at AS _ingested_at, 'business' AS _source,
                {(toasted is null ? "NULL::VARCHAR[]" : $"CASE WHEN unsent THEN ['{toasted}'] END")} AS _unchanged, committed_at::DATE AS _date
            FROM (
                SELECT key::{type} AS {name}, op, txn, seq, {columns},
                    TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_hours({_round} * 24 + txn) AS committed_at,
                    TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_hours(coalesce(key // 10000, 0)::INTEGER * 24 + 4) AS created_at,
                    TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_hours({_round} * 24 + txn) AS updated_at,
                    {(_round % 2 == 0 ? "false" : "op = 'u' AND r('unsent', key, 3) = 0")} AS unsent
                FROM ({keys})
            )
            """);
    }

    private static IEnumerable<string> Names(string columns) =>
        System.Text.RegularExpressions.Regex.Matches(columns, @" AS (\w+)\s*(,|$)").Select(m => m.Groups[1].Value);

    private static string Value(string column, string? toasted, bool keepsOldRow)
    {
        var without = keepsOldRow ? "op = 't'" : "op IN ('t', 'd')";
        return $"CASE WHEN NOT ({without}{(column == toasted ? " OR unsent" : "")}) THEN {column} END AS {column}";
    }
}
