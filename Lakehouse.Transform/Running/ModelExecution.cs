using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>Builds one model on one session: reads its inputs at the run's versions, and makes one commit or none.</summary>
internal sealed class ModelExecution(RunContext run, ModelNode model, LakeSession session)
{
    private readonly LakeTable _table = run.Lake.Table(model.Relation);
    private readonly NodeConfig _config = model.Config;

    public async Task<NodeResult> RunAsync(CancellationToken cancellationToken)
    {
        if (!model.IsStored)
            return await CheckViewAsync(cancellationToken).ConfigureAwait(false);
        var current = await _table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        var fullRefresh = _config.FullRefresh ?? run.Options.FullRefresh;
        var last = current is null || fullRefresh ? null : await LastRun.ReadAsync(_table, current, cancellationToken).ConfigureAwait(false);

        // A table without a record of what it holds cannot take in changes: it is built anew.
        var incremental = _config.Materialized == Materialization.Incremental && last is not null;
        var full = run.Compiler.Compile(model, incremental: false);
        var query = _config.Materialized == Materialization.Incremental ? run.Compiler.Compile(model, incremental: true) : full;
        var checksum = ReferenceEquals(query, full) ? full.Checksum : full.Checksum + query.Checksum;
        if (!incremental)
            query = full;

        var rules = model.Rules.Select(run.Compiler.CompileRule).ToList();
        var inputs = await NodeInputs.BindAsync(query.Inputs, run.Compiler, run.Versions, last, cancellationToken).ConfigureAwait(false);
        var sqlChanged = last is not null && last.Checksum != checksum;
        if (last is not null && _config.SkipWhenUnchanged && !sqlChanged && !await inputs.MovedSinceAsync(last, run.Lake, cancellationToken).ConfigureAwait(false))
            return Result(NodeStatus.Success, query, inputs) with { Message = "nothing new", Unchanged = true };
        if (incremental)
            inputs.RefuseRecreated(last!, model);

        query = await DefineAsync(query, inputs, incremental ? last : null, cancellationToken).ConfigureAwait(false);
        if (query.ReadsThis && current is not null)
            await session.DefineAsync(model.Relation, current, cancellationToken).ConfigureAwait(false);
        var sql = await session.BindPastAsync(query.Sql, cancellationToken).ConfigureAwait(false);
        var output = new ModelOutput(run, model, session, _table, current, inputs.ToLastRun(checksum));
        var written = rules.Count == 0
            ? await output.WriteAsync(sql, incremental, cancellationToken).ConfigureAwait(false)
            : await WriteByRulesAsync(output, current, sql, rules, incremental, cancellationToken).ConfigureAwait(false);
        run.Versions.Committed(model.Relation, written.Commit.Snapshot);
        var note = sqlChanged && incremental ? "; its SQL has changed since the last commit, earlier rows stay as they were until a full refresh" : "";
        return Result(NodeStatus.Success, query, inputs) with
        {
            Message = Describe(written, incremental) + note,
            Rows = written.Rows,
            Quarantined = written.Quarantined,
            Version = written.Commit.Version,
            Incremental = incremental,
        };
    }

    /// <summary>Makes the inputs readable. What the query does for changes that did not come this time is left out of it: planning that
    /// would cost more than taking in the few changes that came.</summary>
    private async Task<CompiledQuery> DefineAsync(CompiledQuery query, NodeInputs inputs, LastRun? since, CancellationToken cancellationToken)
    {
        if (since is null || query.Questions.Count == 0)
        {
            await inputs.DefineAsync(session, since, cancellationToken).ConfigureAwait(false);
            return query;
        }
        var denied = await inputs.AskAsync(query.Questions, session, since, cancellationToken).ConfigureAwait(false);
        var lean = denied.Count == 0 ? query : run.Compiler.Compile(model, incremental: true, denied);
        var asked = query.Questions.Select(q => q.Changes).ToHashSet();
        await inputs.DefineAsync(session, since, cancellationToken, [.. query.Inputs.Where(i => asked.Contains(i.Name) || !lean.Inputs.Contains(i))]).ConfigureAwait(false);
        return lean;
    }

    private async Task<ModelOutput.Written> WriteByRulesAsync(ModelOutput output, Snapshot? current, string sql, List<RowRule> rules, bool incremental, CancellationToken cancellationToken)
    {
        var inputs = await NodeInputs.BindAsync(rules.SelectMany(r => r.Inputs).Where(i => i.Node != model), run.Compiler, run.Versions, null, cancellationToken).ConfigureAwait(false);
        await inputs.DefineAsync(session, null, cancellationToken).ConfigureAwait(false);
        await using var rows = await RuledRows.CreateAsync(session.Connection, sql, rules, _config.DeleteWhen, model.Name, cancellationToken).ConfigureAwait(false);
        rows.RefuseErrors();
        var quarantine = new Quarantine(run, model, _table, current);
        if (rows.Broken.Count > 0)
            await quarantine.WriteAsync(session.Connection, rows, output, cancellationToken).ConfigureAwait(false);
        ModelOutput.Written written;
        try
        {
            written = await output.WriteAsync(rows, incremental, cancellationToken).ConfigureAwait(false);
        }
        catch (OvertakenException)
        {
            await quarantine.SettleAsync(output.Sequence, cancellationToken).ConfigureAwait(false);
            throw;
        }
        await quarantine.SettleAsync(output.Sequence, cancellationToken).ConfigureAwait(false);
        return written with { Quarantined = rows.Broken.Values.Sum() };
    }

    private async Task<NodeResult> CheckViewAsync(CancellationToken cancellationToken)
    {
        var query = run.Compiler.Compile(model, incremental: false);
        var inputs = await NodeInputs.BindAsync(query.Inputs, run.Compiler, run.Versions, null, cancellationToken).ConfigureAwait(false);
        await inputs.DefineAsync(session, null, cancellationToken).ConfigureAwait(false);
        // Nothing is stored, but a view that does not bind must fail here, under its own name, not where it is read.
        var sql = await session.BindPastAsync(query.Sql, cancellationToken).ConfigureAwait(false);
        using var result = await session.Connection.QueryAllAsync($"SELECT * FROM ({sql}) LIMIT 0", cancellationToken).ConfigureAwait(false);
        return Result(NodeStatus.Success, query, inputs) with { Message = "view" };
    }

    private static string Describe(ModelOutput.Written written, bool incremental)
    {
        var rows = written.Rows.ToString(CultureInfo.InvariantCulture);
        var text = $"{(incremental ? "took in" : "wrote")} {rows} row{(written.Rows == 1 ? "" : "s")}";
        return written.Quarantined == 0 ? text : $"{text}, {written.Quarantined.ToString(CultureInfo.InvariantCulture)} to quarantine";
    }

    private NodeResult Result(NodeStatus status, CompiledQuery query, NodeInputs inputs) =>
        new() { Node = model, Status = status, CompiledSql = query.Sql, Inputs = inputs.Versions };
}
