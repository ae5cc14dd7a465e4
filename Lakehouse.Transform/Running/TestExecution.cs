using System.Globalization;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>Runs one test: counts the rows of its query and keeps a few of them.</summary>
internal sealed class TestExecution(RunContext run, TestNode test, LakeSession session)
{
    private const int SampleRows = 5;

    public async Task<NodeResult> RunAsync(CancellationToken cancellationToken)
    {
        var query = run.Compiler.Compile(test);
        var inputs = await NodeInputs.BindAsync(query.Inputs, run.Compiler, run.Versions, null, cancellationToken).ConfigureAwait(false);
        await inputs.DefineAsync(session, null, cancellationToken).ConfigureAwait(false);
        var sql = await session.BindPastAsync(query.Sql, cancellationToken).ConfigureAwait(false);
        var limit = test.Config.Text("limit") is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out var rows)
            ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {rows}")
            : "";
        var calculation = test.Config.Text("fail_calc") ?? "count(*)";
        var failures = await session.Connection.ScalarAsync<long>($"SELECT coalesce({calculation}, 0)::BIGINT FROM (SELECT * FROM ({sql}\n) AS found{limit}) AS failing", cancellationToken).ConfigureAwait(false);
        var status = Judge(failures);
        var result = new NodeResult { Node = test, Status = status, Failures = failures, CompiledSql = query.Sql, Inputs = inputs.Versions };
        if (status == NodeStatus.Pass)
            return result;
        var bound = status == NodeStatus.Fail ? test.ErrorIf : test.WarnIf;
        return result with
        {
            Message = string.Create(CultureInfo.InvariantCulture, $"Got {failures} result{(failures == 1 ? "" : "s")}, configured to {(status == NodeStatus.Fail ? "fail" : "warn")} if {bound.Operator} {bound.Bound}"),
            Samples = await SampleAsync(sql, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>dbt's rule: severity error looks at error_if and then at warn_if; severity warn at warn_if only.</summary>
    private NodeStatus Judge(long failures) =>
        test.Severity == TestSeverity.Error && test.ErrorIf.Holds(failures) ? NodeStatus.Fail
        : test.WarnIf.Holds(failures) ? NodeStatus.Warn
        : NodeStatus.Pass;

    private async Task<IReadOnlyList<IReadOnlyDictionary<string, object?>>> SampleAsync(string sql, CancellationToken cancellationToken)
    {
        var samples = new List<IReadOnlyDictionary<string, object?>>();
        using var result = await session.Connection.QueryAllAsync($"SELECT * FROM ({sql}\n) AS found LIMIT {SampleRows}", cancellationToken).ConfigureAwait(false);
        while (result.NextChunk(cancellationToken))
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var sample = new Dictionary<string, object?>(StringComparer.Ordinal);
                for (var column = 0; column < result.Columns.Count; column++)
                    sample[result.Columns[column].Name] = result.Column(column).GetValue(row);
                samples.Add(sample);
            }
        }
        return samples;
    }
}
