using Npgsql;

namespace Lakehouse.Ingestion.Sample;

/// <summary>One statement of a simulated transaction.</summary>
/// <param name="Table">The table whose rows it changes, as schema.table.</param>
/// <param name="Sql">The statement, with $1, $2… in place of the values.</param>
/// <param name="Values">The values.</param>
internal sealed record SimulatedStatement(string Table, string Sql, params object?[] Values)
{
    /// <summary>The statement as part of a batch, which PostgreSQL runs as one transaction.</summary>
    public NpgsqlBatchCommand ToCommand()
    {
        var command = new NpgsqlBatchCommand(Sql);
        foreach (object? value in Values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }
}

/// <summary>What happens together, or not at all.</summary>
/// <param name="Statements">In order.</param>
/// <param name="Committed">What the simulator remembers once it has happened.</param>
internal sealed record SimulatedTransaction(IReadOnlyList<SimulatedStatement> Statements, Action? Committed = null);
