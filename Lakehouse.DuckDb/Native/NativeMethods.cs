using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lakehouse.DuckDb.Native;

/// <summary>
/// The functions of DuckDB's C API (`duckdb.h`, 1.5) that this provider uses; state results are 0 for success.
/// The marshalling is generated; text goes as UTF-8. Calls that only read a few words of memory and never wait skip the
/// collector's transition, as they are made per vector.
/// </summary>
internal static unsafe partial class NativeMethods
{
    private const string Library = DuckDbLibrary.Name;

    [LibraryImport(Library)] internal static partial byte* duckdb_library_version();
    [LibraryImport(Library)] internal static partial void duckdb_free(void* pointer);

    // Databases and connections
    [LibraryImport(Library)] internal static partial int duckdb_create_config(out nint config);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int duckdb_set_config(nint config, string name, string option);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_config(ref nint config);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int duckdb_open_ext(string? path, out nint database, nint config, out byte* error);
    [LibraryImport(Library)] internal static partial nint duckdb_create_instance_cache();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int duckdb_get_or_create_from_cache(nint cache, string path, out nint database, nint config, out byte* error);
    [LibraryImport(Library)] internal static partial void duckdb_close(ref nint database);
    [LibraryImport(Library)] internal static partial int duckdb_connect(DatabaseHandle database, out nint connection);
    [LibraryImport(Library)] internal static partial void duckdb_disconnect(ref nint connection);
    [LibraryImport(Library)] internal static partial void duckdb_interrupt(ConnectionHandle connection);
    [LibraryImport(Library)] internal static partial NativeProgress duckdb_query_progress(ConnectionHandle connection);

    // Statements
    [LibraryImport(Library)] internal static partial ulong duckdb_extract_statements(ConnectionHandle connection, byte* sql, out nint statements);
    [LibraryImport(Library)] internal static partial byte* duckdb_extract_statements_error(nint statements);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_extracted(ref nint statements);
    [LibraryImport(Library)] internal static partial int duckdb_prepare_extracted_statement(ConnectionHandle connection, nint statements, ulong index, out nint statement);
    [LibraryImport(Library)] internal static partial byte* duckdb_prepare_error(nint statement);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_prepare(ref nint statement);
    [LibraryImport(Library)] internal static partial ulong duckdb_nparams(nint statement);
    [LibraryImport(Library)] internal static partial byte* duckdb_parameter_name(nint statement, ulong index);
    [LibraryImport(Library)] internal static partial nint duckdb_param_logical_type(nint statement, ulong index);
    [LibraryImport(Library)] internal static partial int duckdb_clear_bindings(nint statement);
    [LibraryImport(Library)] internal static partial int duckdb_bind_value(nint statement, ulong index, nint value);
    [LibraryImport(Library)] internal static partial int duckdb_prepared_statement_type(nint statement);
    [LibraryImport(Library)] internal static partial ulong duckdb_prepared_statement_column_count(nint statement);
    [LibraryImport(Library)] internal static partial byte* duckdb_prepared_statement_column_name(nint statement, ulong index);
    [LibraryImport(Library)] internal static partial nint duckdb_prepared_statement_column_logical_type(nint statement, ulong index);
    [LibraryImport(Library)] internal static partial int duckdb_pending_prepared_streaming(nint statement, out nint pending);
    [LibraryImport(Library)] internal static partial byte* duckdb_pending_error(nint pending);
    [LibraryImport(Library)] internal static partial NativePendingState duckdb_pending_execute_task(nint pending);
    [LibraryImport(Library)] internal static partial int duckdb_execute_pending(nint pending, NativeResult* result);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_pending(ref nint pending);

    [LibraryImport(Library)] internal static partial int duckdb_query(ConnectionHandle connection, byte* sql, NativeResult* result);

    // Results
    [LibraryImport(Library)] internal static partial void duckdb_destroy_result(NativeResult* result);
    [LibraryImport(Library)] internal static partial byte* duckdb_result_error(NativeResult* result);
    [LibraryImport(Library)] internal static partial int duckdb_result_error_type(NativeResult* result);
    [LibraryImport(Library)] internal static partial int duckdb_result_statement_type(NativeResult result);
    [LibraryImport(Library)] internal static partial int duckdb_result_return_type(NativeResult result);
    [LibraryImport(Library)] internal static partial byte* duckdb_column_name(NativeResult* result, ulong column);
    [LibraryImport(Library)] internal static partial ulong duckdb_column_count(NativeResult* result);
    [LibraryImport(Library)] internal static partial ulong duckdb_rows_changed(NativeResult* result);
    [LibraryImport(Library)] internal static partial nint duckdb_column_logical_type(NativeResult* result, ulong column);
    [LibraryImport(Library)] internal static partial nint duckdb_fetch_chunk(NativeResult result);

    // Chunks and vectors
    [LibraryImport(Library)] internal static partial nint duckdb_create_data_chunk(nint* types, ulong count);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_data_chunk(ref nint chunk);
    [LibraryImport(Library)] internal static partial void duckdb_data_chunk_reset(nint chunk);
    [LibraryImport(Library), SuppressGCTransition] internal static partial ulong duckdb_data_chunk_get_column_count(nint chunk);
    [LibraryImport(Library), SuppressGCTransition] internal static partial ulong duckdb_data_chunk_get_size(nint chunk);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void duckdb_data_chunk_set_size(nint chunk, ulong size);
    [LibraryImport(Library), SuppressGCTransition] internal static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void* duckdb_vector_get_data(nint vector);
    [LibraryImport(Library), SuppressGCTransition] internal static partial ulong* duckdb_vector_get_validity(nint vector);
    [LibraryImport(Library)] internal static partial void duckdb_vector_ensure_validity_writable(nint vector);
    [LibraryImport(Library)] internal static partial nint duckdb_vector_get_column_type(nint vector);
    [LibraryImport(Library), SuppressGCTransition] internal static partial nint duckdb_list_vector_get_child(nint vector);
    [LibraryImport(Library), SuppressGCTransition] internal static partial ulong duckdb_list_vector_get_size(nint vector);
    [LibraryImport(Library)] internal static partial int duckdb_list_vector_set_size(nint vector, ulong size);
    [LibraryImport(Library)] internal static partial int duckdb_list_vector_reserve(nint vector, ulong capacity);
    [LibraryImport(Library), SuppressGCTransition] internal static partial nint duckdb_struct_vector_get_child(nint vector, ulong index);
    [LibraryImport(Library), SuppressGCTransition] internal static partial nint duckdb_array_vector_get_child(nint vector);
    [LibraryImport(Library)] internal static partial void duckdb_unsafe_vector_assign_string_element_len(nint vector, ulong row, byte* text, ulong length);

    // Types
    [LibraryImport(Library)] internal static partial nint duckdb_create_logical_type(int type);
    [LibraryImport(Library)] internal static partial nint duckdb_create_decimal_type(byte width, byte scale);
    [LibraryImport(Library)] internal static partial nint duckdb_create_list_type(nint child);
    [LibraryImport(Library)] internal static partial nint duckdb_create_array_type(nint child, ulong size);
    [LibraryImport(Library)] internal static partial nint duckdb_create_map_type(nint key, nint value);
    [LibraryImport(Library)] internal static partial nint duckdb_create_struct_type(nint* types, byte** names, ulong count);
    [LibraryImport(Library)] internal static partial nint duckdb_create_union_type(nint* types, byte** names, ulong count);
    [LibraryImport(Library)] internal static partial nint duckdb_create_enum_type(byte** names, ulong count);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_logical_type(ref nint type);
    [LibraryImport(Library)] internal static partial int duckdb_get_type_id(nint type);
    [LibraryImport(Library)] internal static partial byte* duckdb_logical_type_get_alias(nint type);
    [LibraryImport(Library)] internal static partial byte duckdb_decimal_width(nint type);
    [LibraryImport(Library)] internal static partial byte duckdb_decimal_scale(nint type);
    [LibraryImport(Library)] internal static partial uint duckdb_enum_dictionary_size(nint type);
    [LibraryImport(Library)] internal static partial byte* duckdb_enum_dictionary_value(nint type, ulong index);
    [LibraryImport(Library)] internal static partial nint duckdb_list_type_child_type(nint type);
    [LibraryImport(Library)] internal static partial nint duckdb_array_type_child_type(nint type);
    [LibraryImport(Library)] internal static partial ulong duckdb_array_type_array_size(nint type);
    [LibraryImport(Library)] internal static partial nint duckdb_map_type_key_type(nint type);
    [LibraryImport(Library)] internal static partial nint duckdb_map_type_value_type(nint type);
    [LibraryImport(Library)] internal static partial ulong duckdb_struct_type_child_count(nint type);
    [LibraryImport(Library)] internal static partial byte* duckdb_struct_type_child_name(nint type, ulong index);
    [LibraryImport(Library)] internal static partial nint duckdb_struct_type_child_type(nint type, ulong index);
    [LibraryImport(Library)] internal static partial ulong duckdb_union_type_member_count(nint type);
    [LibraryImport(Library)] internal static partial byte* duckdb_union_type_member_name(nint type, ulong index);
    [LibraryImport(Library)] internal static partial nint duckdb_union_type_member_type(nint type, ulong index);

    // Appender
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int duckdb_appender_create_ext(ConnectionHandle connection, string? catalog, string? schema, string table, out nint appender);
    [LibraryImport(Library)] internal static partial ulong duckdb_appender_column_count(nint appender);
    [LibraryImport(Library)] internal static partial nint duckdb_appender_column_type(nint appender, ulong column);
    [LibraryImport(Library)] internal static partial nint duckdb_appender_error_data(nint appender);
    [LibraryImport(Library)] internal static partial int duckdb_appender_flush(nint appender);
    [LibraryImport(Library)] internal static partial int duckdb_appender_clear(nint appender);
    [LibraryImport(Library)] internal static partial int duckdb_appender_destroy(ref nint appender);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int duckdb_appender_add_column(nint appender, string name);
    [LibraryImport(Library)] internal static partial int duckdb_append_data_chunk(nint appender, nint chunk);
    [LibraryImport(Library)] internal static partial byte* duckdb_error_data_message(nint error);
    [LibraryImport(Library)] internal static partial int duckdb_error_data_error_type(nint error);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_error_data(ref nint error);

    // Scalar functions
    [LibraryImport(Library)] internal static partial nint duckdb_create_scalar_function();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial void duckdb_scalar_function_set_name(nint function, string name);
    [LibraryImport(Library)] internal static partial void duckdb_scalar_function_add_parameter(nint function, nint type);
    [LibraryImport(Library)] internal static partial void duckdb_scalar_function_set_return_type(nint function, nint type);
    [LibraryImport(Library)] internal static partial void duckdb_scalar_function_set_special_handling(nint function);
    [LibraryImport(Library)] internal static partial void duckdb_scalar_function_set_volatile(nint function);
    [LibraryImport(Library)] internal static partial void duckdb_scalar_function_set_extra_info(nint function, void* data, delegate* unmanaged[Cdecl]<void*, void> destroy);
    [LibraryImport(Library)] internal static partial void duckdb_scalar_function_set_function(nint function, delegate* unmanaged[Cdecl]<nint, nint, nint, void> body);
    [LibraryImport(Library)] internal static partial int duckdb_register_scalar_function(ConnectionHandle connection, nint function);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_scalar_function(ref nint function);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void* duckdb_scalar_function_get_extra_info(nint info);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial void duckdb_scalar_function_set_error(nint info, string error);

    /// <summary>Text that the library keeps; null is empty.</summary>
    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>Text that the caller must free.</summary>
    internal static string TakeText(byte* text)
    {
        var result = Text(text);
        duckdb_free(text);
        return result;
    }
}
