using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Dml;

/// <summary>What a condition in SQL tells about the files in which it may hold.</summary>
internal static class RowCondition
{
    private static readonly TableName Stand = new("lake_dml", "target");

    /// <summary>The files' part of a condition; null when it tells nothing.</summary>
    public static async Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, string where, string alias, CancellationToken cancellationToken)
    {
        try
        {
            var tree = await connection.ScalarAsync<string>(
                $"SELECT json_serialize_sql({SqlText.Literal($"SELECT 1 FROM {Stand} AS {SqlText.Name(alias)} WHERE ({where}\n)")}, skip_null := true, skip_empty := true)::VARCHAR", cancellationToken).ConfigureAwait(false);
            return tree is null || SqlPredicates.IsError(tree) ? null : SqlPredicates.Read(tree, name => name == Stand ? snapshot.Schema : null).GetValueOrDefault(Stand);
        }
        catch (DuckDbException)
        {
            // Not SQL at all: running it says what is wrong.
            return null;
        }
    }
}
