using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Dml;

/// <summary>Gives the rows for which a condition holds other values: every assignment sees the row as it was.</summary>
/// <param name="assignments">The new values by column.</param>
/// <param name="where">The condition; null = all rows.</param>
/// <param name="alias">The table's name in both.</param>
internal sealed class UpdateStatement(IReadOnlyDictionary<string, string> assignments, string? where, string alias = "target") : RowStatement
{
    private readonly string _target = SqlText.Name(alias);

    public override string Operation => "UPDATE";

    public override IEnumerable<(string Name, string Value)> Parameters => [("predicate", where ?? "true")];

    public override bool Writes => true;

    public override IEnumerable<string> Expressions => where is null ? assignments.Values : assignments.Values.Append(where);

    public override async Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, CancellationToken cancellationToken)
    {
        foreach (var column in assignments.Keys)
        {
            if (snapshot.Schema.Find(column) is not { } field) throw new SchemaNotAcceptedException($"UPDATE of {snapshot.TablePath}: there is no column '{column}'.", snapshot.TablePath);
            if (Write.RowRules.Generated(field) is not null) throw new SchemaNotAcceptedException($"UPDATE of {snapshot.TablePath}: the column '{column}' is generated; assign the columns that it comes from.", snapshot.TablePath);
            if (IdentityColumn.Of(field) is not null) throw new SchemaNotAcceptedException($"UPDATE of {snapshot.TablePath}: the column '{column}' is an identity column, whose values stay as they were given.", snapshot.TablePath);
        }
        return where is null ? null : await RowCondition.FilesAsync(connection, snapshot, where, alias, cancellationToken).ConfigureAwait(false);
    }

    public override string ToSql(RowStatementInput input)
    {
        var given = new Dictionary<string, string>(assignments, StringComparer.OrdinalIgnoreCase);
        var values = input.Fields.Select((field, i) => $"CAST(({(given.TryGetValue(field.Name, out var expression) ? expression : $"{_target}.{SqlText.Name(field.Name)}")}) AS {DeltaTypes.ToDuckDb(field.Type)}) AS new_{i}");
        var columns = values.Concat(Old(input, _target)).Prepend($"{_target}.lake_file::BIGINT AS lake_file, {_target}.lake_row AS lake_row, 'u' AS lake_action");
        return $"SELECT {string.Join(", ", columns)} FROM ({input.Target}) AS {_target}{(where is null ? "" : $" WHERE ({where}\n)")}";
    }

    public override IEnumerable<(string Name, long Value)> Metrics(RowCounts counts) => [("numUpdatedRows", counts.Updated)];
}
