using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Dml;

/// <summary>Writes what a statement changed, row by row, for readers of the change data feed (PROTOCOL.md, "Change Data Files").</summary>
internal static class ChangeRows
{
    /// <summary>The column that says what became of a row.</summary>
    public const string TypeColumn = "_change_type";

    private const string Folder = "_change_data/";

    /// <summary>Writes the files; nothing is committed.</summary>
    public static Task<StagedFiles> StageAsync(LakeTable table, DuckDbConnection connection, string changes, RowStatementInput input, bool writes, WritePlan plan, CancellationToken cancellationToken)
    {
        var parts = new List<string> { Select("old", "d", "delete") };
        if (writes) parts.AddRange([Select("old", "u", "update_preimage"), Select("new", "u", "update_postimage"), Select("new", "i", "insert")]);
        var columns = input.Fields.Select(field => new DuckDbColumn(field.Name, DeltaTypes.ToDuckDb(field.Type))).ToList();
        var sql = plan.ForRewrite().SelectSql(columns, string.Join(" UNION ALL ", parts), TypeColumn);
        return ParquetStager.WriteAsync(table, connection, sql, plan.ForRewrite(), Folder, cancellationToken);

        string Select(string side, string action, string change) =>
            $"SELECT {string.Join(", ", input.Fields.Select((field, i) => $"{side}_{i} AS {SqlText.Name(field.Name)}"))}, '{change}' AS {TypeColumn} FROM {changes} WHERE lake_action = '{action}'";
    }
}
