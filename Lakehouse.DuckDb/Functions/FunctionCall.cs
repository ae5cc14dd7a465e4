using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>One call of a function with state in one plan: DuckDB keeps it with the call, by a handle, and has it copied when it copies the call.</summary>
internal sealed unsafe class FunctionCall
{
    private readonly ScalarFunctionRegistration _function;
    private readonly object? _state;
    private readonly Exception? _failure;

    private FunctionCall(ScalarFunctionRegistration function, FunctionCall? original)
    {
        _function = function;
        if (original is null) return;
        try
        {
            _state = function.CopyState(original._state);
        }
        catch (Exception e)
        {
            // DuckDB cannot be told here: whoever evaluates the copy is.
            _failure = e;
        }
    }

    /// <summary>The state of the call that is being evaluated.</summary>
    internal static object? StateOf(nint info)
    {
        var call = Target((void*)NativeMethods.duckdb_scalar_function_get_bind_data(info));
        return call._failure is null ? call._state : throw new InvalidOperationException(call._failure.Message, call._failure);
    }

    // An exception that leaves a callback ends the process, so nothing may.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Bind(nint info)
    {
        try
        {
            var function = (ScalarFunctionRegistration)GCHandle.FromIntPtr((nint)NativeMethods.duckdb_scalar_function_bind_get_extra_info(info)).Target!;
            NativeMethods.duckdb_scalar_function_set_bind_data(info, HandleOf(new FunctionCall(function, null)), &Free);
            NativeMethods.duckdb_scalar_function_set_bind_data_copy(info, &Copy);
        }
        catch (Exception e)
        {
            NativeMethods.duckdb_scalar_function_bind_set_error(info, e.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Copy(void* handle)
    {
        var original = Target(handle);
        return HandleOf(new FunctionCall(original._function, original));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(void* handle) => GCHandle.FromIntPtr((nint)handle).Free();

    private static FunctionCall Target(void* handle) => (FunctionCall)GCHandle.FromIntPtr((nint)handle).Target!;

    private static void* HandleOf(FunctionCall call) => (void*)GCHandle.ToIntPtr(GCHandle.Alloc(call));
}
