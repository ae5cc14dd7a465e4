using System.Collections.Concurrent;
using System.Globalization;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Scan;

/// <summary>The row selections of all views alive, and the SQL functions that scans ask.</summary>
/// <remarks>
/// <para>DuckDB tests a condition inside a scan, before it decodes other columns, where the condition names one column alone; one of file
/// and row would be tested on rows that the scan has put together, whose columns are then cut to the rows left once more. So a scan of
/// several files has two conditions, each on one column: <c>lake_file_opens</c> of the file's index, which holds for every file, and
/// <c>lake_row_shown_here</c> of the row number.</para>
/// <para>The second knows its file as DuckDB gives each file's reader a copy of the scan's conditions, and on the same thread, right before
/// it copies them, tries those on the file's constants. That is DuckDB's code and not its contract
/// (<c>MultiFileColumnMapper::CreateMapping</c>), so it is relied on in the version alone in which it was read. A copy that was made
/// without a file, or for another scan's, refuses to tell.</para>
/// </remarks>
internal sealed class RowSelections
{
    private const string RowShown = "lake_row_shown", FileOpens = "lake_file_opens", RowShownHere = "lake_row_shown_here";

    /// <summary>Where each file's reader gets its own copy of conditions after those on the file's constants.</summary>
    private const string CopiesByFile = "v1.5.5";

    /// <summary>A file's key is its set's, with the file's index in as many low bits.</summary>
    private const int FileBits = 24;

    /// <summary>The file whose reader this thread is making, from the condition on its key to the copy of the one on its rows.</summary>
    [ThreadStatic] private static (RowSelections Of, ulong Key)? s_opening;

    private readonly ConcurrentDictionary<long, RowSelection?[]> _sets = new();
    private long _last;

    /// <summary>Whether rows of several files are tested inside the scan.</summary>
    public static bool TestsInsideScans { get; } = DuckDbDatabase.LibraryVersion == CopiesByFile;

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
    public static string Condition(long id, int files)
    {
        var key = ((ulong)id << FileBits).ToString(CultureInfo.InvariantCulture) + "::UBIGINT";
        if (files == 1) return $"{RowShown}({key}, file_row_number)";
        return TestsInsideScans
            ? string.Create(CultureInfo.InvariantCulture, $"{FileOpens}({id}::BIGINT, file_index) AND {RowShownHere}({Mark(id)}::USMALLINT, file_row_number)")
            : $"{RowShown}({key} | file_index, file_row_number)";
    }

    /// <summary>Makes the functions known to all connections of the connection's database:
    /// <c>lake_row_shown(key UBIGINT, row BIGINT)</c>, <c>lake_file_opens(set BIGINT, file UBIGINT)</c> and
    /// <c>lake_row_shown_here(set USMALLINT, row BIGINT)</c>, each <c>BOOLEAN</c>. Constants are few and small as DuckDB writes out each of
    /// them for every row.</summary>
    public void Register(DuckDbConnection connection)
    {
        connection.RegisterScalarFunction(RowShown, [DuckDbType.UBigInt, DuckDbType.BigInt], DuckDbType.Boolean, TestRows, DuckDbFunctionOptions.SeesNulls);
        connection.RegisterScalarFunction(FileOpens, [DuckDbType.BigInt, DuckDbType.UBigInt], DuckDbType.Boolean, OpenFile, DuckDbFunctionOptions.SeesNulls);
        connection.RegisterScalarFunction(RowShownHere, [DuckDbType.USmallInt, DuckDbType.BigInt], DuckDbType.Boolean, TestRowsHere, _ => TakeFile(), DuckDbFunctionOptions.SeesNulls);
    }

    private void TestRows(DuckDbInput input, DuckDbVectorWriter output)
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

    private void OpenFile(DuckDbInput input, DuckDbVectorWriter output)
    {
        // One constant is one row. More are not of a file that is being opened.
        s_opening = input.RowCount == 1 ? (this, (ulong)input[0].Values<long>()[0] << FileBits | input[1].Values<ulong>()[0]) : null;
        output.Values<bool>()[..input.RowCount].Fill(true);
    }

    private OpenedFile? TakeFile()
    {
        var opening = s_opening;
        s_opening = null;
        return opening is { } file && file.Of == this ? new OpenedFile(Mark((long)(file.Key >> FileBits)), SelectionOf(file.Key)) : null;
    }

    private static void TestRowsHere(object? state, DuckDbInput input, DuckDbVectorWriter output)
    {
        var marks = input[0].Values<ushort>();
        if (marks.IsEmpty) return;
        if (state is not OpenedFile file || file.Set != marks[0])
            throw new InvalidOperationException("DuckDB did not test deleted rows inside the scan of their file, as it does when its optimizer is off (disabled_optimizers, PRAGMA disable_optimizer): switch it on, or purge the table's deletion vectors.");
        var shown = output.Values<bool>();
        if (file.Rows is { } selection) selection.Fill(input[1].Values<long>(), shown);
        else shown[..input.RowCount].Fill(true);
    }

    /// <summary>By which one scan's condition knows another's.</summary>
    private static ushort Mark(long id) => unchecked((ushort)id);

    private RowSelection? SelectionOf(ulong key) => _sets.TryGetValue((long)(key >> FileBits), out var files)
        ? files[key & ((1UL << FileBits) - 1)]
        : throw new InvalidOperationException("The view that this query reads was redefined or its session closed.");

    /// <summary>What a reader's copy of the condition on rows knows of its file.</summary>
    /// <param name="Set">The mark of the set that it is of.</param>
    /// <param name="Rows">The rows to show; null = all.</param>
    private sealed record OpenedFile(ushort Set, RowSelection? Rows);
}
