using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Dml;

/// <summary>Takes out the rows for which a condition holds.</summary>
/// <param name="where">The condition.</param>
/// <param name="alias">The table's name in it.</param>
internal sealed class DeleteStatement(string where, string alias = "target") : RowStatement
{
    public override string Operation => "DELETE";

    public override IEnumerable<(string Name, string Value)> Parameters => [("predicate", where)];

    public override bool Writes => false;

    public override IEnumerable<string> Expressions => [where];

    public override Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, CancellationToken cancellationToken) =>
        RowCondition.FilesAsync(connection, snapshot, where, alias, cancellationToken);

    public override string ToSql(RowStatementInput input) =>
        $"SELECT {string.Join(", ", Old(input, Target).Prepend($"{Target}.lake_file::BIGINT AS lake_file, {Target}.lake_row AS lake_row, 'd' AS lake_action"))} FROM ({input.Target}) AS {Target} WHERE ({where}\n)";

    private string Target => SqlText.Name(alias);

    public override IEnumerable<(string Name, long Value)> Metrics(RowCounts counts) => [("numDeletedRows", counts.Deleted)];
}
