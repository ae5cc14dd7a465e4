using System.Globalization;
using Lakehouse.DuckDb;

namespace Lakehouse.Transform;

/// <summary>A model's new rows, computed once, each with the names of the rules it breaks. Rows that delete are not held to rules.</summary>
internal sealed class RuledRows : IAsyncDisposable
{
    /// <summary>The column that marks a row that breaks a rule, for the merge.</summary>
    public const string BrokenMark = "_lakehouse_broken";

    private const string Table = "temp._lakehouse_rows";
    private const string BrokenRules = "_lakehouse_rules";
    private const int MostRules = 62;

    private readonly DuckDbConnection _connection;
    private readonly IReadOnlyList<RowRule> _rules;
    private readonly string _model;

    private RuledRows(DuckDbConnection connection, IReadOnlyList<RowRule> rules, string model) =>
        (_connection, _rules, _model) = (connection, rules, model);

    /// <summary>How many rows break each rule that is broken.</summary>
    public Dictionary<string, long> Broken { get; } = new(StringComparer.Ordinal);

    public static async Task<RuledRows> CreateAsync(DuckDbConnection connection, string sql, IReadOnlyList<RowRule> rules, string? deleteWhen, string model, CancellationToken cancellationToken)
    {
        var held = deleteWhen is null ? "" : $"NOT coalesce({deleteWhen}, false) AND ";
        if (rules.Count > MostRules)
            throw new TransformException(string.Create(CultureInfo.InvariantCulture, $"{model} has {rules.Count} rules on rows; {MostRules} is the most. Join some with 'and', or take them out of quarantine"));
        // One bit a rule: a list of names for every row would cost several times the checks themselves.
        var checks = string.Join(" | ", rules.Select((r, i) => $"CASE WHEN {held}({r.BreaksWhen}) THEN {Bit(i)} ELSE 0::BIGINT END"));
        await connection.ExecuteAsync(
            $"CREATE OR REPLACE TEMP TABLE _lakehouse_rows AS SELECT *, {checks} AS {BrokenRules} FROM ({sql}) AS {Compiler.RuleRow}",
            cancellationToken).ConfigureAwait(false);
        var rows = new RuledRows(connection, rules, model);
        await rows.CountAsync(cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Stops the model when a row breaks a rule that is marked with severity error.</summary>
    /// <exception cref="TransformException">A row does.</exception>
    public void RefuseErrors()
    {
        var errors = _rules.Where(r => r.Test is { HasExplicitSeverity: true, Severity: TestSeverity.Error } && Broken.GetValueOrDefault(r.Test.Name) > 0).ToList();
        if (errors.Count == 0)
            return;
        var counts = string.Join(", ", errors.Select(e => $"{e.Test.Name} ({Broken[e.Test.Name].ToString(CultureInfo.InvariantCulture)} row(s), {e.Test.At})"));
        throw new TransformException($"rows of {_model} break rules of severity error, so nothing was committed: {counts}");
    }

    /// <summary>The rows for the model: those that break no rule; for a merge, broken rows too, marked so that they delete their key.</summary>
    public string SourceSql(bool marked, IReadOnlyList<string> keys)
    {
        if (Broken.Count == 0 || !marked)
            return $"SELECT * EXCLUDE ({BrokenRules}) FROM {Table}" + (Broken.Count == 0 ? "" : $" WHERE {BrokenRules} = 0");
        // A broken row may lack its key, or share it with a good one; it must not make the merge's source ambiguous.
        var key = string.Join(", ", keys);
        var whole = string.Join(" AND ", keys.Select(k => $"{k} IS NOT NULL"));
        return $"SELECT * EXCLUDE ({BrokenRules}), {BrokenRules} <> 0 AS {BrokenMark} FROM {Table} "
            + $"QUALIFY {BrokenRules} = 0 OR ({whole} AND NOT bool_or({BrokenRules} = 0) OVER (PARTITION BY {key}) AND row_number() OVER (PARTITION BY {key}) = 1)";
    }

    /// <summary>The rows for quarantine: one for each rule that a row breaks.</summary>
    public string QuarantineSql(string runId, DateTimeOffset at)
    {
        var names = string.Join(", ", _rules.Select((r, i) => $"CASE WHEN {BrokenRules} & {Bit(i)} <> 0 THEN '{r.Test.Name}' END"));
        return $"SELECT * EXCLUDE ({BrokenRules}), unnest(list_filter([{names}], lambda name: name IS NOT NULL)) AS _rule, '{runId}' AS _run_id, "
            + $"TIMESTAMPTZ '{at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00' AS _quarantined_at FROM {Table} WHERE {BrokenRules} <> 0";
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.ExecuteAsync($"DROP TABLE IF EXISTS {Table}").ConfigureAwait(false);
        }
        catch (DuckDbException)
        {
            // After an interrupted statement the table goes when the next rows come, or with the session.
        }
    }

    private static string Bit(int rule) => string.Create(CultureInfo.InvariantCulture, $"{1L << rule}::BIGINT");

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        var counts = string.Join(", ", _rules.Select((_, i) => $"count(*) FILTER ({BrokenRules} & {Bit(i)} <> 0)"));
        using var result = await _connection.QueryAllAsync($"SELECT {counts} FROM {Table} WHERE {BrokenRules} <> 0", cancellationToken).ConfigureAwait(false);
        result.NextChunk(cancellationToken);
        for (var i = 0; i < _rules.Count; i++)
            if (result.Column(i).Values<long>()[0] is > 0 and var count)
                Broken[_rules[i].Test.Name] = count;
    }
}
