using System.Collections.Concurrent;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Write;

/// <summary>The identity columns that writes are giving values to, and the SQL function that gives them.</summary>
internal sealed class IdentityCounters
{
    /// <summary><c>lake_next_identity(counter BIGINT) → BIGINT</c>, another value for each row.</summary>
    public const string FunctionName = "lake_next_identity";

    private readonly ConcurrentDictionary<long, Counter> _counters = new();
    private long _last;

    /// <summary>Makes the function known to all connections of the connection's database.</summary>
    public void Register(DuckDbConnection connection) =>
        connection.RegisterScalarFunction(FunctionName, [DuckDbType.BigInt], DuckDbType.BigInt, Evaluate, DuckDbFunctionOptions.Volatile);

    /// <summary>Begins to give values to columns of a table.</summary>
    public IdentityRun Begin(IEnumerable<StructField> columns)
    {
        var counters = new List<(string Column, long Id, Counter Counter)>();
        foreach (var column in columns)
        {
            var id = Interlocked.Increment(ref _last);
            var counter = new Counter(IdentityColumn.Of(column)!);
            _counters[id] = counter;
            counters.Add((column.Name, id, counter));
        }
        return new IdentityRun(counters, id => _counters.TryRemove(id, out _));
    }

    private void Evaluate(DuckDbInput input, DuckDbVectorWriter output)
    {
        if (input.RowCount == 0) return;
        if (!_counters.TryGetValue(input[0].Values<long>()[0], out var counter)) throw new InvalidOperationException("The write that this query belongs to has ended.");
        counter.Fill(output.Values<long>()[..input.RowCount]);
    }

    /// <summary>Gives each of several threads values of its own.</summary>
    internal sealed class Counter(IdentityColumn column)
    {
        private readonly long _first = column.Next;
        private long _given;

        public long? HighWaterMark => _given == 0 ? null : checked(_first + ((_given - 1) * column.Step));

        public void Fill(Span<long> values)
        {
            var from = Interlocked.Add(ref _given, values.Length) - values.Length;
            for (var i = 0; i < values.Length; i++) values[i] = checked(_first + ((from + i) * column.Step));
        }
    }
}

/// <summary>Values that one write gives to identity columns; forgotten when it is disposed of.</summary>
internal sealed class IdentityRun(IReadOnlyList<(string Column, long Id, IdentityCounters.Counter Counter)> counters, Action<long> release) : IDisposable
{
    /// <summary>A column's next value as SQL.</summary>
    public string Sql(StructField column) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{IdentityCounters.FunctionName}({counters.First(counter => counter.Column == column.Name).Id}::BIGINT)");

    /// <summary>The last values given, of columns that were given any.</summary>
    public IReadOnlyDictionary<string, long> HighWaterMarks =>
        counters.Where(counter => counter.Counter.HighWaterMark is not null).ToDictionary(counter => counter.Column, counter => counter.Counter.HighWaterMark!.Value, StringComparer.Ordinal);

    /// <summary>An UPDATE that gives rows of a temporary table values where they have none; null where there is nothing to give.</summary>
    public string? FillSql(string table, string where, IEnumerable<(StructField Field, string Column)> columns)
    {
        var set = columns.Where(column => counters.Any(counter => counter.Column == column.Field.Name)).Select(column => $"{SqlText.Name(column.Column)} = coalesce({SqlText.Name(column.Column)}, {Sql(column.Field)})").ToList();
        return set.Count == 0 ? null : $"UPDATE {table} SET {string.Join(", ", set)} WHERE {where}";
    }

    public void Dispose()
    {
        foreach (var (_, id, _) in counters) release(id);
    }
}
