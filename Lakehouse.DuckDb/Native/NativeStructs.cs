using System.Runtime.InteropServices;

namespace Lakehouse.DuckDb.Native;

/// <summary>`duckdb_result` of duckdb.h: passed by pointer, or by value to the fetch functions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeResult
{
    internal ulong ColumnCount, RowCount, RowsChanged;
    internal void* Columns;
    internal byte* Error;
    internal void* Internal;
}

/// <summary>`duckdb_query_progress_type`.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeProgress
{
    internal double Percentage;
    internal ulong RowsProcessed, TotalRows;
}

/// <summary>`duckdb_hugeint` and `duckdb_uhugeint`: passed as two words, which <see cref="Int128"/> is not in every C ABI.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeHugeInt
{
    internal ulong Lower, Upper;

    internal static NativeHugeInt From(Int128 value) => new() { Lower = (ulong)value, Upper = (ulong)(value >> 64) };

    internal static NativeHugeInt From(UInt128 value) => new() { Lower = (ulong)value, Upper = (ulong)(value >> 64) };
}

/// <summary>`duckdb_decimal`.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeDecimal
{
    internal byte Width, Scale;
    internal NativeHugeInt Value;
}

/// <summary>`duckdb_bit` and, without the sign, `duckdb_bignum`.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeBytes
{
    internal byte* Data;
    internal ulong Size;
}

/// <summary>`duckdb_bignum`: the magnitude, most significant byte first.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeBigNum
{
    internal byte* Data;
    internal ulong Size;
    internal byte IsNegative;
}

/// <summary>`duckdb_pending_state`.</summary>
internal enum NativePendingState
{
    Ready = 0,
    NotReady = 1,
    Error = 2,
    NoTasks = 3,
}
