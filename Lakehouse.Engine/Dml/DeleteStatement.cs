using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Dml;

/// <summary>Takes out the rows for which a condition holds.</summary>
internal sealed class DeleteStatement(string where) : RowStatement
{
    public override string Operation => "DELETE";

    public override IEnumerable<(string Name, string Value)> Parameters => [("predicate", where)];

    public override bool Writes => false;

    public override Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, CancellationToken cancellationToken) =>
        RowCondition.FilesAsync(connection, snapshot, where, cancellationToken);

    public override string ToSql(RowStatementInput input) =>
        $"SELECT {string.Join(", ", Old(input, "target").Prepend("target.lake_file::BIGINT AS lake_file, target.lake_row AS lake_row, 'd' AS lake_action"))} FROM ({input.Target}) AS target WHERE ({where}\n)";

    public override IEnumerable<(string Name, long Value)> Metrics(RowCounts counts) => [("numDeletedRows", counts.Deleted)];
}
