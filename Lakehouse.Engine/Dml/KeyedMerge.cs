using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Dml;

/// <summary>The merge by keys, said in clauses: for tables that record what changes.</summary>
internal sealed class KeyedMerge(LakeTable table, DuckDbConnection connection, MergeOptions options)
{
    public async Task<CommitResult> RunAsync(string sourceSql, CancellationToken cancellationToken)
    {
        await RefuseRepeatedKeysAsync(sourceSql, cancellationToken).ConfigureAwait(false);
        var delete = options.DeleteWhen is null ? null : "source.lake_delete";
        var clauses = new List<MergeClause>();
        if (delete is not null) clauses.Add(new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Delete, Condition = delete });
        clauses.Add(new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update });
        clauses.Add(new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert, Condition = delete is null ? null : "NOT source.lake_delete" });
        var merge = new MergeStatement
        {
            Source = $"SELECT *{(options.DeleteWhen is { } when ? $", coalesce(({when}), false) AS lake_delete" : "")} FROM (\n{sourceSql}\n)",
            On = string.Join(" AND ", options.Keys.Select(key => $"target.{SqlText.Name(key)} IS NOT DISTINCT FROM source.{SqlText.Name(key)}")),
            Clauses = clauses,
            Operation = options.Operation,
            Transaction = options.Transaction,
            Tags = options.Tags,
            MergeSchema = options.MergeSchema,
            SetProperties = options.SetProperties,
            UserMetadata = options.UserMetadata,
        };
        return await new TableDml(table, connection, merge).RunAsync(new MergeRowStatement(merge, [.. options.ExceptColumns, "lake_delete"]), cancellationToken).ConfigureAwait(false);
    }

    private async Task RefuseRepeatedKeysAsync(string sourceSql, CancellationToken cancellationToken)
    {
        if (options.Keys.Count == 0) throw new EngineException($"Merge into {table}: name at least one key column.", table.ToString());
        var text = string.Join(" || ', ' || ", options.Keys.Select(key => $"{SqlText.Literal(key + "=")} || coalesce({SqlText.Name(key)}::VARCHAR, 'NULL')"));
        using var result = await connection.QueryAsync($"SELECT any_value({text}), count(*) FROM (\n{sourceSql}\n) GROUP BY {string.Join(", ", options.Keys.Select(SqlText.Name))} HAVING count(*) > 1 LIMIT 1", cancellationToken).ConfigureAwait(false);
        if (result.NextChunk(cancellationToken) && result.RowCount > 0) throw new DuplicateKeyException(table.ToString(), result.Column(0).GetString(0)!, result.Column(1).Values<long>()[0]);
    }
}
