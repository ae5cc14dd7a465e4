using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Dml;

/// <summary>Takes out the rows for which a condition holds, and puts in a query's, for which it must hold too (Spark's replaceWhere).</summary>
internal sealed class ReplaceStatement(string selectSql, string where) : RowStatement
{
    private readonly List<DuckDbColumn> _columns = [];
    private LakeTable? _table;

    public override string Operation => "WRITE";

    public override IEnumerable<(string Name, string Value)> Parameters => [("mode", "Overwrite"), ("predicate", where)];

    public override bool Writes => true;

    public override IReadOnlyList<DuckDbColumn> NewColumns => _columns;

    public override IEnumerable<string> Expressions => [where];

    public override string Source => selectSql;

    public override async Task PrepareAsync(LakeTable table, DuckDbConnection connection, CancellationToken cancellationToken)
    {
        _table = table;
        _columns.AddRange(await ParquetStager.ColumnsAsync(connection, selectSql, cancellationToken).ConfigureAwait(false));
    }

    public override Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, CancellationToken cancellationToken)
    {
        TableWriter.RefuseGiven(_table!, snapshot, _columns.Select(column => column.Name));
        return RowCondition.FilesAsync(connection, snapshot, where, "target", cancellationToken);
    }

    public override string ToSql(RowStatementInput input)
    {
        var values = input.Fields.Select((field, i) => $"{Given(field)} AS new_{i}");
        var none = input.Fields.Select((field, i) => $"CAST(NULL AS {DeltaTypes.ToDuckDb(field.Type)}) AS new_{i}");
        return $"SELECT {string.Join(", ", none.Concat(Old(input, "target")).Prepend("target.lake_file::BIGINT AS lake_file, target.lake_row AS lake_row, 'd' AS lake_action"))} FROM ({input.Target}) AS target WHERE ({where}\n)"
            + $" UNION ALL SELECT {string.Join(", ", values.Concat(Old(input, null)).Prepend("NULL, NULL, 'i'"))} FROM (\n{selectSql}\n) AS lake_source";
    }

    public override async Task CheckAsync(LakeTable table, DuckDbConnection connection, string changes, RowStatementInput input, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", input.Fields.Select((field, i) => $"new_{i} AS {SqlText.Name(field.Name)}"));
        var row = await connection.ScalarAsync<string>($"SELECT to_json(target)::VARCHAR FROM (SELECT {columns} FROM {changes} WHERE lake_action = 'i') AS target WHERE NOT coalesce(({where}\n), false) LIMIT 1", cancellationToken).ConfigureAwait(false);
        if (row is not null) throw new RuleBrokenException(table.ToString(), "condition of the rows to replace", where, row);
    }

    public override IEnumerable<(string Name, long Value)> Metrics(RowCounts counts) => [("numOutputRows", counts.Inserted), ("numDeletedRows", counts.Deleted)];

    private string Given(StructField field)
    {
        var type = DeltaTypes.ToDuckDb(field.Type);
        var column = _columns.Find(column => column.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
        if (column is not null) return $"CAST(lake_source.{SqlText.Name(column.Name)} AS {type})";
        return $"CAST({(RowRules.Default(field) is { } expression ? SparkExpression.ToDuckDb(expression, null) : "NULL")} AS {type})";
    }
}
