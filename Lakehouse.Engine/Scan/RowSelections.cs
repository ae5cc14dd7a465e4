using System.Collections.Concurrent;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Scan;

/// <summary>The row selections of all views alive, and the SQL function that scans ask.</summary>
internal sealed class RowSelections
{
    /// <summary><c>lake_row_shown(set BIGINT, file UBIGINT, row BIGINT) → BOOLEAN</c>.</summary>
    public const string FunctionName = "lake_row_shown";

    private readonly ConcurrentDictionary<long, RowSelection?[]> _sets = new();
    private long _last;

    /// <summary>Keeps the selections of a scan's files, in the order of its files, until they are released.</summary>
    public long Add(RowSelection?[] files)
    {
        var id = Interlocked.Increment(ref _last);
        _sets[id] = files;
        return id;
    }

    /// <summary>Forgets a set. A scan that still uses it fails.</summary>
    public void Release(long id) => _sets.TryRemove(id, out _);

    /// <summary>Makes the function known to all connections of the connection's database.</summary>
    public void Register(DuckDbConnection connection) =>
        connection.RegisterScalarFunction(FunctionName, [DuckDbType.BigInt, DuckDbType.UBigInt, DuckDbType.BigInt], DuckDbType.Boolean, Evaluate, DuckDbFunctionOptions.SeesNulls);

    private void Evaluate(DuckDbInput input, DuckDbVectorWriter output)
    {
        if (input.RowCount == 0) return;
        var rows = input[2].Values<long>();
        var files = input[1].Values<ulong>();
        var shown = output.Values<bool>()[..rows.Length];
        var selections = _sets.TryGetValue(input[0].Values<long>()[0], out var known)
            ? known
            : throw new InvalidOperationException("The view that this query reads was redefined or its session closed.");
        if (IsOneRun(files, rows))
        {
            if (selections[files[0]] is { } whole) whole.FillShown(rows[0], shown);
            else shown.Fill(true);
            return;
        }
        var file = ulong.MaxValue;
        RowSelection? selection = null;
        for (var i = 0; i < rows.Length; i++)
        {
            if (files[i] != file)
            {
                file = files[i];
                selection = selections[file];
            }
            shown[i] = selection is null || selection.Shows(rows[i]);
        }
    }

    /// <summary>Whether these are consecutive rows of one file, as a scan gives them unless a filter before ours left some out.</summary>
    private static bool IsOneRun(ReadOnlySpan<ulong> files, ReadOnlySpan<long> rows)
    {
        if (rows[^1] - rows[0] != rows.Length - 1 || files.ContainsAnyExcept(files[0])) return false;
        // The ends alone prove nothing about rows that came out of order.
        for (var i = 1; i < rows.Length; i++)
            if (rows[i] != rows[i - 1] + 1) return false;
        return true;
    }
}
