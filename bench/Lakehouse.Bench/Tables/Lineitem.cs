using System.Globalization;

namespace Lakehouse.Bench.Tables;

/// <summary>A table like TPC-H's lineitem (16 columns, four lines an order), made by DuckDB from row numbers: the same rows on every
/// machine. Its values are hashes, not the benchmark's distributions.</summary>
internal static class Lineitem
{
    /// <summary>The columns that identify a row.</summary>
    public static readonly IReadOnlyList<string> Keys = ["l_orderkey", "l_linenumber"];

    /// <summary>Like TPC-H's first query: nearly all rows, four groups, many sums.</summary>
    public const string Q1 = """
        SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice) AS sum_base_price,
               sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge,
               avg(l_quantity) AS avg_qty, avg(l_extendedprice) AS avg_price, avg(l_discount) AS avg_disc, count(*) AS count_order
        FROM {0} WHERE l_shipdate <= DATE '1998-09-02' GROUP BY ALL ORDER BY ALL
        """;

    /// <summary>Like TPC-H's sixth: a sum over the few rows that three conditions leave.</summary>
    public const string Q6 = """
        SELECT sum(l_extendedprice * l_discount) AS revenue FROM {0}
        WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24
        """;

    /// <summary>A number that differs where any of the columns that the merge bench touches differs, with the count of rows.</summary>
    public const string Fingerprint =
        "SELECT count(*)::VARCHAR || ' rows, ' || bit_xor(hash(l_orderkey, l_linenumber, l_partkey, l_quantity, l_extendedprice, l_shipdate, l_comment))::VARCHAR FROM {0}";

    /// <summary>The rows whose numbers <paramref name="numbers"/> (a relation with one BIGINT column <c>i</c>) gives.</summary>
    /// <param name="numbers">A FROM item.</param>
    /// <param name="salt">Another salt gives the same keys other values.</param>
    public static string Rows(string numbers, int salt = 0)
    {
        string Random(int column, int below) => string.Create(CultureInfo.InvariantCulture, $"(hash(i, {salt * 100 + column}) % {below})::BIGINT");
        return $"""
            SELECT i // 4 AS l_orderkey, {Random(1, 200_000)} AS l_partkey, {Random(2, 10_000)} AS l_suppkey, (i % 4 + 1)::INTEGER AS l_linenumber,
                   (1 + {Random(3, 50)})::DECIMAL(15, 2) AS l_quantity, ((90_000 + {Random(4, 9_500_000)}) / 100)::DECIMAL(15, 2) AS l_extendedprice,
                   ({Random(5, 11)} / 100)::DECIMAL(15, 2) AS l_discount, ({Random(6, 9)} / 100)::DECIMAL(15, 2) AS l_tax,
                   CASE WHEN l_shipdate > DATE '1995-06-17' THEN 'N' ELSE ['R', 'A'][1 + {Random(7, 2)}] END AS l_returnflag,
                   CASE WHEN l_shipdate > DATE '1995-06-17' THEN 'O' ELSE 'F' END AS l_linestatus,
                   l_shipdate, l_shipdate + {Random(9, 60)}::INTEGER - 30 AS l_commitdate,
                   l_shipdate + {Random(10, 30)}::INTEGER AS l_receiptdate,
                   ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'][1 + {Random(11, 4)}] AS l_shipinstruct,
                   ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'][1 + {Random(12, 7)}] AS l_shipmode,
                   'line ' || {Random(13, 100_000)} || ' of batch ' || {Random(14, 1000)} AS l_comment
            FROM (SELECT i, DATE '1992-01-02' + {Random(8, 2526)}::INTEGER AS l_shipdate FROM {numbers})
            """;
    }

    /// <summary>The whole table.</summary>
    public static string Rows(int count) => Rows(string.Create(CultureInfo.InvariantCulture, $"(SELECT range AS i FROM range({count}))"));

    /// <summary>One round of changes to a table of <paramref name="count"/> rows: as many rows as 1 % of it, spread evenly, nine in
    /// ten with a key that it has.</summary>
    public static string Changes(int count, int round)
    {
        string numbers = string.Create(CultureInfo.InvariantCulture, $"""
            (SELECT range AS i FROM range({count}) WHERE hash(range, 77) % 1000 BETWEEN {round * 9} AND {round * 9 + 8}
             UNION ALL SELECT {count} + {round} * {count / 1000} + range FROM range({count / 1000}))
            """);
        return Rows(numbers, round + 1);
    }

    /// <summary>Like <see cref="Changes"/>, but the changed rows lie one after the other.</summary>
    public static string ClusteredChanges(int count, int round)
    {
        int first = (round * 7 + 3) % 10 * (count / 10), changed = count / 1000 * 9;
        string numbers = string.Create(CultureInfo.InvariantCulture, $"""
            (SELECT range AS i FROM range({first}, {first + changed})
             UNION ALL SELECT {count} + {round} * {count / 1000} + range FROM range({count / 1000}))
            """);
        return Rows(numbers, round + 1);
    }
}
