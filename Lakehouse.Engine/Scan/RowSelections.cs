using System.Collections.Concurrent;
using System.Globalization;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Scan;

/// <summary>The row selections of all views alive, and the SQL function that scans ask.</summary>
internal sealed class RowSelections
{
    private const string FunctionName = "lake_row_shown";

    /// <summary>A file's key is its set's, with the file's index in as many low bits.</summary>
    private const int FileBits = 24;

    private readonly ConcurrentDictionary<long, RowSelection?[]> _sets = new();
    private long _last;

    /// <summary>Keeps the selections of a scan's files, in the order of its files, until they are released.</summary>
    public long Add(RowSelection?[] files)
    {
        if (files.Length > 1 << FileBits) throw new ArgumentException($"One scan cannot read {files.Length} files; at most {1 << FileBits} have keys.", nameof(files));
        var id = Interlocked.Increment(ref _last);
        _sets[id] = files;
        return id;
    }

    /// <summary>Forgets a set. A scan that still uses it fails.</summary>
    public void Release(long id) => _sets.TryRemove(id, out _);

    /// <summary>The condition that the rows of a <c>read_parquet</c> over the set's files are shown.</summary>
    /// <remarks>It names two columns also where there is one file: one that names a single column is tested inside the scan, which is quicker,
    /// but DuckDB 1.5 then drops the row number there and fails where it fetches rows by it later (decision 163).</remarks>
    public static string Condition(long id) => string.Create(CultureInfo.InvariantCulture, $"{FunctionName}({(ulong)id << FileBits}::UBIGINT | file_index, file_row_number)");

    /// <summary>Makes the function known to all connections of the connection's database: <c>lake_row_shown(key UBIGINT, row BIGINT) → BOOLEAN</c>.
    /// Set and file are one argument as DuckDB writes out every constant argument for every row.</summary>
    public void Register(DuckDbConnection connection) =>
        connection.RegisterScalarFunction(FunctionName, [DuckDbType.UBigInt, DuckDbType.BigInt], DuckDbType.Boolean, Evaluate, DuckDbFunctionOptions.SeesNulls);

    private void Evaluate(DuckDbInput input, DuckDbVectorWriter output)
    {
        var keys = input[0].Values<ulong>();
        var rows = input[1].Values<long>();
        var shown = output.Values<bool>();
        // A scan gives rows of one file at a time; what comes from elsewhere may mix them.
        for (var start = 0; start < rows.Length;)
        {
            var others = keys[start..].IndexOfAnyExcept(keys[start]);
            var count = others < 0 ? rows.Length - start : others;
            if (SelectionOf(keys[start]) is { } selection) selection.Fill(rows.Slice(start, count), shown.Slice(start, count));
            else shown.Slice(start, count).Fill(true);
            start += count;
        }
    }

    private RowSelection? SelectionOf(ulong key) => _sets.TryGetValue((long)(key >> FileBits), out var files)
        ? files[key & ((1UL << FileBits) - 1)]
        : throw new InvalidOperationException("The view that this query reads was redefined or its session closed.");
}
