using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Merge;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Dml;

/// <summary>A merge with any condition and clauses. The source is computed once; one join finds what happens to every row.</summary>
/// <param name="merge">The merge.</param>
/// <param name="exceptColumns">Source columns that do not become columns of the table.</param>
internal sealed class MergeRowStatement(MergeStatement merge, IReadOnlyList<string> exceptColumns) : RowStatement
{
    private readonly string _target = SqlText.Name(merge.TargetAlias);
    private readonly string _source = SqlText.Name(merge.SourceAlias);
    private readonly List<DuckDbColumn> _columns = [];
    private string? _temp;

    public override string Operation => "MERGE";

    public override IEnumerable<(string Name, string Value)> Parameters =>
    [
        ("predicate", merge.On),
        ("matchedPredicates", Describe(MergeRows.Matched)),
        ("notMatchedPredicates", Describe(MergeRows.NotMatched)),
        ("notMatchedBySourcePredicates", Describe(MergeRows.NotMatchedBySource)),
    ];

    public override bool Writes => merge.Clauses.Any(clause => clause.Action != MergeAction.Delete);

    public override IReadOnlyList<DuckDbColumn>? NewColumns => merge.Clauses.Any(clause => clause.Action != MergeAction.Delete && clause.Set is null) ? _columns : null;

    public override IEnumerable<string> Expressions => merge.Clauses
        .SelectMany(clause => (clause.Set?.Values ?? []).Concat(clause.Condition is { } condition ? [condition] : []))
        .Append(merge.On);

    public override string Source => merge.Source;

    /// <summary>A matching row that every merge changes is one that both would change, which is seen in any case.</summary>
    public override bool DependsOnAbsence =>
        merge.Clauses.Any(clause => clause.Rows == MergeRows.NotMatched) && !merge.Clauses.Any(clause => clause is { Rows: MergeRows.Matched, Condition: null });

    public override async Task PrepareAsync(LakeTable table, DuckDbConnection connection, CancellationToken cancellationToken)
    {
        Check(table);
        _temp = "temp.main." + table.Lake.NextName("lake_merge_");
        await connection.ExecuteAsync($"CREATE TEMP TABLE {_temp} AS SELECT *, row_number() OVER () AS lake_number FROM (\n{merge.Source}\n)", cancellationToken).ConfigureAwait(false);
        var columns = await ParquetStager.ColumnsAsync(connection, $"SELECT * FROM {_temp}", cancellationToken).ConfigureAwait(false);
        _columns.AddRange(columns.SkipLast(1).Where(column => !exceptColumns.Contains(column.Name, StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>Rows that match have the source's keys; a clause about rows that do not is about all files.</summary>
    public override async Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, CancellationToken cancellationToken)
    {
        if (merge.Clauses.Any(clause => clause.Rows == MergeRows.NotMatchedBySource)) return null;
        var bounds = new List<(string Column, KeyBounds Bounds)>();
        foreach (var (target, source, nullsToo) in await RowCondition.EqualColumnsAsync(connection, merge.On, merge.TargetAlias, merge.SourceAlias, cancellationToken).ConfigureAwait(false))
        {
            // Of other types DuckDB compares something else than the values themselves.
            if (snapshot.Schema.Find(target) is not { } field || _columns.Find(column => column.Name.Equals(source, StringComparison.OrdinalIgnoreCase)) is not { } given) continue;
            if (!given.Type.Equals(DeltaTypes.ToDuckDb(field.Type))) continue;
            var name = SqlText.Name(given.Name);
            using var result = await connection.QueryAllAsync($"SELECT min({name})::VARCHAR, max({name})::VARCHAR, count(*) - count({name}) FROM {_temp}", cancellationToken).ConfigureAwait(false);
            result.NextChunk(cancellationToken);
            bounds.Add((target, new KeyBounds(given.Name, result.Column(0).GetString(0), result.Column(1).GetString(0), nullsToo && result.Column(2).Values<long>()[0] > 0)));
        }
        return KeyBounds.Files(bounds, snapshot.Schema);
    }

    public override Task CleanUpAsync(DuckDbConnection connection) =>
        _temp is null ? Task.CompletedTask : connection.ExecuteAsync($"DROP TABLE IF EXISTS {_temp}", CancellationToken.None);

    public override string ToSql(RowStatementInput input)
    {
        // Rows of one side alone are joined in only where a clause is about them.
        var fromSource = merge.Clauses.Any(clause => clause.Rows == MergeRows.NotMatched);
        var fromTarget = merge.Clauses.Any(clause => clause.Rows == MergeRows.NotMatchedBySource);
        var join = (fromSource, fromTarget) switch
        {
            (true, true) => "FULL",
            (true, false) => "RIGHT",
            (false, true) => "LEFT",
            _ => "INNER",
        };
        var number = string.Concat(merge.Clauses.Select((clause, i) => $" WHEN {Presence(clause.Rows)}{(clause.Condition is { } condition ? $" AND ({condition}\n)" : "")} THEN {i}"));
        var action = string.Concat(merge.Clauses.Select((clause, i) => $" WHEN {i} THEN '{clause.Action switch { MergeAction.Delete => "d", MergeAction.Update => "u", _ => "i" }}'"));
        var columns = new List<string>
        {
            $"CASE{number} END AS lake_clause",
            $"CASE lake_clause{action} END AS lake_action",
            $"CASE WHEN lake_action <> 'i' THEN {_target}.lake_file::BIGINT END AS lake_file",
            $"CASE WHEN lake_action <> 'i' THEN {_target}.lake_row END AS lake_row",
        };
        if (Writes) columns.AddRange(input.Fields.Select((field, i) => $"{NewValue(input, field)} AS new_{i}"));
        columns.AddRange(Old(input, _target));
        var sql = $"SELECT {string.Join(", ", columns)} FROM ({input.Target}) AS {_target} {join} JOIN {_temp} AS {_source} ON ({merge.On}\n) WHERE lake_clause IS NOT NULL";
        return IsPlainDelete ? $"{sql} QUALIFY row_number() OVER (PARTITION BY lake_file, lake_row) = 1" : sql;
    }

    public override async Task CheckAsync(LakeTable table, DuckDbConnection connection, string changes, RowStatementInput input, CancellationToken cancellationToken)
    {
        var times = await connection.ScalarAsync<long>($"SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM {changes} WHERE lake_file IS NOT NULL GROUP BY lake_file, lake_row)", cancellationToken).ConfigureAwait(false);
        if (times > 1)
            throw new TableNotUsableException($"Merge into {table}: {times} rows of the source match one row of the table and change it, so that the outcome would be a matter of chance. Make the source hold one row a match, or narrow the condition {merge.On}.", table.ToString());
    }

    public override IEnumerable<(string Name, long Value)> Metrics(RowCounts counts) =>
    [
        ("numTargetRowsInserted", counts.Inserted), ("numTargetRowsUpdated", counts.Updated), ("numTargetRowsDeleted", counts.Deleted),
        ("numOutputRows", counts.Inserted + counts.Updated),
    ];

    /// <summary>A row that several source rows delete is deleted, whichever it was.</summary>
    private bool IsPlainDelete => merge.Clauses is [{ Rows: MergeRows.Matched, Action: MergeAction.Delete, Condition: null }];

    private string Presence(MergeRows rows) => rows switch
    {
        MergeRows.Matched => $"{_target}.lake_row IS NOT NULL AND {_source}.lake_number IS NOT NULL",
        MergeRows.NotMatched => $"{_target}.lake_row IS NULL",
        _ => $"{_source}.lake_number IS NULL",
    };

    private string NewValue(RowStatementInput input, StructField field)
    {
        var type = DeltaTypes.ToDuckDb(field.Type);
        var cases = merge.Clauses.Select((clause, i) => clause.Action == MergeAction.Delete
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" WHEN {i} THEN CAST(({Assigned(input, field, clause)}) AS {type})"));
        return $"CASE lake_clause{string.Concat(cases)} END";
    }

    private string Assigned(RowStatementInput input, StructField field, MergeClause clause)
    {
        var identity = IdentityColumn.Of(field);
        if (clause.Set is { } set)
        {
            foreach (var (column, expression) in set)
            {
                if (!column.Equals(field.Name, StringComparison.OrdinalIgnoreCase)) continue;
                if (identity is not null && (clause.Action == MergeAction.Update || !identity.AllowsExplicit))
                    throw new SchemaNotAcceptedException($"The merge sets column '{field.Name}', which is an identity column: {(clause.Action == MergeAction.Update ? "its values stay as they were given" : "GENERATED ALWAYS")}. Leave it out.", null);
                return expression;
            }
        }
        else if (identity is not null && (clause.Action == MergeAction.Update || !identity.AllowsExplicit))
        {
            // All columns of the source, but for that: a row that is there keeps its number, and a new one gets its own.
            return clause.Action == MergeAction.Update ? Value(input, field, _target) : "NULL";
        }
        else if (_columns.Find(column => column.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase)) is { } given)
        {
            return $"{_source}.{SqlText.Name(given.Name)}";
        }
        if (clause.Action == MergeAction.Update) return Value(input, field, _target);
        return RowRules.Default(field) is { } value ? SparkExpression.ToDuckDb(value, null) : "NULL";
    }

    private void Check(LakeTable table)
    {
        if (merge.Clauses.Count == 0) throw new EngineException($"Merge into {table}: name at least one clause.", table.ToString());
        foreach (var clause in merge.Clauses)
        {
            var inserts = clause.Action == MergeAction.Insert;
            if (inserts != (clause.Rows == MergeRows.NotMatched)) throw new EngineException($"Merge into {table}: a clause about rows that are {clause.Rows} cannot {clause.Action}.", table.ToString());
            if (clause is { Rows: MergeRows.NotMatchedBySource, Action: MergeAction.Update, Set: null })
                throw new EngineException($"Merge into {table}: without a source row there are no values to update by; say what to set.", table.ToString());
        }
    }

    private string Describe(MergeRows rows) =>
        string.Join("; ", merge.Clauses.Where(clause => clause.Rows == rows).Select(clause => clause.Action.ToString().ToUpperInvariant() + (clause.Condition is { } condition ? $" WHEN {condition}" : "")));
}
