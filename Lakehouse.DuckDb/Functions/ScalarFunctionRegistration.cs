using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>What DuckDB's callback needs to find the managed body; DuckDB keeps it by a handle until it drops the function.</summary>
internal sealed unsafe class ScalarFunctionRegistration
{
    private readonly string _name;
    private readonly DuckDbType[] _parameters;
    private readonly DuckDbType _returns;
    private readonly DuckDbFunctionOptions _options;
    private readonly DuckDbScalarFunction _body;

    internal ScalarFunctionRegistration(string name, IReadOnlyList<DuckDbType> parameters, DuckDbType returns, DuckDbScalarFunction body, DuckDbFunctionOptions options)
    {
        _name = name;
        _parameters = [.. parameters];
        _returns = returns;
        _body = body;
        _options = options;
    }

    /// <exception cref="DuckDbException">DuckDB refused it: the name is taken with these parameters, or a type cannot be used.</exception>
    internal void Register(ConnectionHandle connection)
    {
        var function = NativeMethods.duckdb_create_scalar_function();
        try
        {
            NativeMethods.duckdb_scalar_function_set_name(function, _name);
            foreach (var parameter in _parameters) WithType(parameter, function, &NativeMethods.duckdb_scalar_function_add_parameter);
            WithType(_returns, function, &NativeMethods.duckdb_scalar_function_set_return_type);
            if (_options.HasFlag(DuckDbFunctionOptions.SeesNulls)) NativeMethods.duckdb_scalar_function_set_special_handling(function);
            if (_options.HasFlag(DuckDbFunctionOptions.Volatile)) NativeMethods.duckdb_scalar_function_set_volatile(function);
            NativeMethods.duckdb_scalar_function_set_extra_info(function, (void*)GCHandle.ToIntPtr(GCHandle.Alloc(this)), &Free);
            NativeMethods.duckdb_scalar_function_set_function(function, &Call);
            if (NativeMethods.duckdb_register_scalar_function(connection, function) == 0) return;
            throw new DuckDbException(
                DuckDbErrorType.Catalog,
                $"DuckDB did not register the function {_name}({string.Join(", ", (object[])_parameters)}) -> {_returns}: it exists with these parameters already, or a type cannot be used in a function.");
        }
        finally
        {
            // The catalog has its own copy, which shares the handle to this.
            NativeMethods.duckdb_destroy_scalar_function(ref function);
        }
    }

    private static void WithType(DuckDbType type, nint function, delegate*<nint, nint, void> set)
    {
        var native = NativeTypes.Create(type);
        set(function, native);
        NativeMethods.duckdb_destroy_logical_type(ref native);
    }

    // An exception that leaves a callback ends the process, so nothing may.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Call(nint info, nint chunk, nint output)
    {
        try
        {
            var self = (ScalarFunctionRegistration)GCHandle.FromIntPtr((nint)NativeMethods.duckdb_scalar_function_get_extra_info(info)).Target!;
            try
            {
                self.Run(chunk, output);
            }
            catch (Exception e)
            {
                NativeMethods.duckdb_scalar_function_set_error(info, $"{self._name}: {e.Message}");
            }
        }
        catch (Exception)
        {
            // Not even the error could be told (out of memory, at a guess).
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(void* handle) => GCHandle.FromIntPtr((nint)handle).Free();

    private void Run(nint chunk, nint output)
    {
        var input = new DuckDbInput(_parameters, chunk);
        var writer = new DuckDbVectorWriter(new WritableVector(_returns, output, Math.Max(input.RowCount, DuckDbChunk.Capacity)));
        _body(input, writer);
        if (!_options.HasFlag(DuckDbFunctionOptions.SeesNulls)) CarryNulls(input, writer);
    }

    /// <summary>Makes the output null where any input is, 64 rows at a time.</summary>
    private void CarryNulls(DuckDbInput input, DuckDbVectorWriter output)
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            var validity = input[i].Validity;
            if (validity.IsEmpty) continue;
            if (_returns.PhysicalSize == 0)
            {
                // Structs and arrays must be null inside as well.
                for (var row = 0; row < input.RowCount; row++)
                    if ((validity[row >> 6] >> (row & 63) & 1) == 0) output.SetNull(row);
                continue;
            }

            var target = output.WritableValidity();
            for (var word = 0; word < validity.Length; word++) target[word] &= validity[word];
        }
    }
}
