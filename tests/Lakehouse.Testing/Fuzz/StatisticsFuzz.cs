using System.Globalization;
using System.Text;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Testing.Fuzz;

/// <summary>Statistics of data files: garbage tells nothing and harms nothing, and what they do tell never leaves out a file with a wanted row.</summary>
internal static class StatisticsFuzz
{
    private static readonly (string Name, DeltaType Type)[] Columns =
    [
        ("l", PrimitiveType.Long), ("i", PrimitiveType.Integer), ("d", PrimitiveType.Double), ("f", PrimitiveType.Float), ("s", PrimitiveType.String), ("b", PrimitiveType.Boolean),
        ("day", PrimitiveType.Date), ("t", PrimitiveType.Timestamp), ("n", PrimitiveType.TimestampNtz), ("m", new DecimalType(20, 3)), ("x", PrimitiveType.Binary),
    ];

    private static readonly Lazy<Snapshot> Table = new(() => CreateAsync().GetAwaiter().GetResult());

    /// <summary>Garbage, and valid statistics with a few changes.</summary>
    public static Task GarbageAsync(int seed)
    {
        Random random = new(seed);
        string text = Encoding.UTF8.GetString(Mutator.Json(random, Encoding.UTF8.GetBytes(Stats(random, Rows(random), spark: random.Next(2) == 0))));
        AddFile file = File(text, random);
        FilePruner pruner = new(Table.Value);
        for (int i = 0; i < 4; i++)
        {
            FilePredicate predicate = Predicate(random, Rows(random)).Files;
            pruner.MayMatch(file, predicate);
            StatisticsFilter filter = StatisticsFilter.Of(predicate, Table.Value.Schema, mapped: false);
            if (filter.MayMatch(Encoding.UTF8.GetBytes(text)) && ShapedAnswer.Of(filter, text) == false) throw new FuzzException($"Values leave out a file that their JSON does not: {text}");
        }

        if (!IsJson(text) && (file.Statistics.NumRecords is not null || file.Statistics.MinValues.Count > 0))
            throw new FuzzException($"Statistics that are none tell something: {text}");
        return Task.CompletedTask;
    }

    /// <summary>Right statistics, as different writers have them, and predicates whose answer is known row by row.</summary>
    public static Task PruneAsync(int seed)
    {
        Random random = new(seed);
        List<Dictionary<string, object?>> rows = Rows(random);
        string stats = Stats(random, rows, spark: random.Next(2) == 0);
        AddFile file = File(stats, random);
        FilePruner pruner = new(Table.Value);
        for (int i = 0; i < 4; i++)
        {
            (FilePredicate files, Func<Dictionary<string, object?>, bool> holds, string text) = Predicate(random, rows);
            bool mayMatch = pruner.MayMatch(file, files);
            if (ShapedAnswer.Of(StatisticsFilter.Of(files, Table.Value.Schema, mapped: false), stats) is { } shaped && shaped != mayMatch)
                throw new FuzzException($"Values and their JSON tell different things. Wanted: {text}; statistics: {stats}");
            if (!mayMatch && rows.Any(holds)) throw new FuzzException($"A file with a wanted row is left out. Wanted: {text}; statistics: {stats}");
        }

        return Task.CompletedTask;
    }

    private static AddFile File(string stats, Random random) => new()
    {
        Path = "a",
        Size = 1,
        ModificationTime = 0,
        Stats = stats,
        DeletionVector = random.Next(3) == 0 ? DeletionVectorStore.Inline(new RoaringBitmapArray([0])) : null,
    };

    private static async Task<Snapshot> CreateAsync()
    {
        DeltaLog log = new(new MemoryObjectStore(), "t", LogFuzz.NoParquet.Instance, new DeltaLogOptions { AutomaticCheckpoints = false });
        return (await log.Create(Metadata.Create(new StructType([.. Columns.Select(column => new StructField(column.Name, column.Type))]))).CommitAsync(new CommitInfo())).Snapshot;
    }

    private static List<Dictionary<string, object?>> Rows(Random random)
    {
        // Few distinct values, so that predicates meet them.
        int span = random.Next(2) == 0 ? 6 : 1_000_000;
        return [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Columns.ToDictionary(column => column.Name, column => random.Next(6) == 0 ? null : Value(random, column.Type, span)))];
    }

    private static object? Value(Random random, DeltaType type, int span)
    {
        int number = random.Next(-span, span);
        if (type == PrimitiveType.Long) return random.Next(20) == 0 ? long.MaxValue : (long)number;
        if (type == PrimitiveType.Integer) return (long)number;
        if (type == PrimitiveType.Double || type == PrimitiveType.Float) return random.Next(8) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, _ => number / 8.0 };
        if (type == PrimitiveType.String) return random.Next(4) switch { 0 => "", 1 => new string('z', 32) + number, 2 => $"é{number}\U0010FFFF", _ => number.ToString(CultureInfo.InvariantCulture) };
        if (type == PrimitiveType.Boolean) return number > 0;
        if (type == PrimitiveType.Date) return new DateOnly(1970, 1, 1).AddDays(number % 20_000);
        if (type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz) return DateTime.UnixEpoch.AddTicks(number * 10L); // microseconds
        if (type is DecimalType) return number / 1000m;
        return null;
    }

    /// <summary>Statistics as Spark has them (strings cut after 32 characters, times to milliseconds), or exact to the last place.</summary>
    private static string Stats(Random random, List<Dictionary<string, object?>> rows, bool spark)
    {
        List<string> min = [], max = [], nulls = [];
        foreach ((string name, DeltaType type) in Columns)
        {
            List<object> values = [.. rows.Select(row => row[name]).OfType<object>()];
            nulls.Add($"\"{name}\":{rows.Count - values.Count}");
            if (values.Count == 0 || type == PrimitiveType.Boolean || type == PrimitiveType.Binary || random.Next(10) == 0) continue;
            if (values.Any(value => value is double number && !double.IsFinite(number)))
            {
                // Some writers leave NaN out, and write what is left.
                values.RemoveAll(value => value is double number && double.IsNaN(number));
                if (values.Count == 0 || values.Any(value => value is double number && double.IsInfinity(number))) continue;
            }

            values.Sort((a, b) => Compare(a, b));
            if (Text(values[0], type, upper: false, spark) is { } least) min.Add($"\"{name}\":{least}");
            if (Text(values[^1], type, upper: true, spark) is { } greatest) max.Add($"\"{name}\":{greatest}");
        }

        return $"{{\"numRecords\":{rows.Count},\"minValues\":{{{string.Join(",", min)}}},\"maxValues\":{{{string.Join(",", max)}}},\"nullCount\":{{{string.Join(",", nulls)}}}}}";
    }

    private static string? Text(object value, DeltaType type, bool upper, bool spark) => value switch
    {
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        decimal number => spark ? number.ToString(CultureInfo.InvariantCulture) : $"\"{number.ToString(CultureInfo.InvariantCulture)}\"",
        DateOnly day => $"\"{day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}\"",
        DateTime time => $"\"{time.ToString(spark ? "yyyy-MM-dd'T'HH:mm:ss.fff" : "yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}{(type == PrimitiveType.Timestamp ? "Z" : "")}\"",
        string text when spark && text.Length > 32 => JsonSerializer.Serialize(upper ? text[..32] + "\U0010FFFF" : text[..32]),
        string text => JsonSerializer.Serialize(text),
        _ => null,
    };

    private static (FilePredicate Files, Func<Dictionary<string, object?>, bool> Holds, string Text) Predicate(Random random, List<Dictionary<string, object?>> rows)
    {
        if (random.Next(4) == 0)
        {
            var (left, leftHolds, leftText) = Predicate(random, rows);
            var (right, rightHolds, rightText) = Predicate(random, rows);
            return random.Next(2) == 0
                ? (new FilePredicate.And([left, right]), row => leftHolds(row) && rightHolds(row), $"({leftText} AND {rightText})")
                : (new FilePredicate.Or([left, right]), row => leftHolds(row) || rightHolds(row), $"({leftText} OR {rightText})");
        }

        (string name, DeltaType type) = Columns[random.Next(Columns.Length)];
        if (random.Next(8) == 0) return (new FilePredicate.Test(name, Comparison.IsNull), row => row[name] is null, $"{name} IS NULL");
        object? value = random.Next(2) == 0 ? rows[random.Next(rows.Count)][name] : Value(random, type, 6);
        if (value is null or double.NaN or double.PositiveInfinity or double.NegativeInfinity || Constant(value) is not { } constant)
            return (new FilePredicate.Test(name, Comparison.IsNotNull), row => row[name] is not null, $"{name} IS NOT NULL");
        Comparison comparison = (Comparison)random.Next(5);
        return (new FilePredicate.Test(name, comparison, constant), row => row[name] is { } found && Holds(comparison, Compare(found, value)), $"{name} {comparison} {value}");
    }

    private static SqlConstant? Constant(object value) => value switch
    {
        long number => new SqlConstant.Exact(number),
        double number => new SqlConstant.Floating(number),
        decimal number => SqlConstant.ParseExact(number.ToString(CultureInfo.InvariantCulture)),
        DateOnly day => new SqlConstant.Exact(day.DayNumber - new DateOnly(1970, 1, 1).DayNumber),
        DateTime time => new SqlConstant.Exact((time - DateTime.UnixEpoch).Ticks / 10),
        string text => new SqlConstant.Text(text),
        bool truth => new SqlConstant.Truth(truth),
        _ => null,
    };

    private static bool Holds(Comparison comparison, int sign) => comparison switch
    {
        Comparison.Equal => sign == 0,
        Comparison.Less => sign < 0,
        Comparison.LessOrEqual => sign <= 0,
        Comparison.Greater => sign > 0,
        _ => sign >= 0,
    };

    /// <summary>The order of DuckDB: texts by their UTF-8 bytes, NaN above every number.</summary>
    private static int Compare(object a, object b) => (a, b) switch
    {
        (string x, string y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)),
        (double x, double y) when double.IsNaN(x) || double.IsNaN(y) => double.IsNaN(x).CompareTo(double.IsNaN(y)),
        _ => ((IComparable)a).CompareTo(b),
    };

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
