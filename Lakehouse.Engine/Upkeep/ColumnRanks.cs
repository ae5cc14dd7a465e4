using System.Collections.Concurrent;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Upkeep;

/// <summary>The ranks of columns in use, and the SQL function that gives a value's bits of a z-order key.</summary>
internal sealed class ColumnRanks
{
    /// <summary><c>lake_rank_bits(rank BIGINT, value BIGINT|DOUBLE|VARCHAR|BLOB) → UBIGINT</c>.</summary>
    public const string FunctionName = "lake_rank_bits";

    private readonly ConcurrentDictionary<long, ColumnRank> _ranks = new();
    private long _last;

    /// <summary>Keeps a rank until it is released.</summary>
    public long Add(ColumnRank rank)
    {
        var id = Interlocked.Increment(ref _last);
        _ranks[id] = rank;
        return id;
    }

    /// <summary>Forgets a rank.</summary>
    public void Release(long id) => _ranks.TryRemove(id, out _);

    /// <summary>Makes the function known to all connections of the connection's database.</summary>
    public void Register(DuckDbConnection connection)
    {
        foreach (var type in new[] { DuckDbType.BigInt, DuckDbType.Double, DuckDbType.Varchar, DuckDbType.Blob })
            connection.RegisterScalarFunction(FunctionName, [DuckDbType.BigInt, type], DuckDbType.UBigInt, Evaluate, DuckDbFunctionOptions.SeesNulls);
    }

    private void Evaluate(DuckDbInput input, DuckDbVectorWriter output)
    {
        if (input.RowCount == 0) return;
        if (!_ranks.TryGetValue(input[0].Values<long>()[0], out var rank)) throw new InvalidOperationException("The optimize that this query belongs to has ended.");
        rank.Fill(input[1], output.Values<ulong>()[..input.RowCount]);
    }
}
