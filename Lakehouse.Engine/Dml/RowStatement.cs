using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Dml;

/// <summary>What a statement has to write its SQL with.</summary>
/// <param name="Target">A SELECT of the table's rows, with <c>lake_file</c> and <c>lake_row</c>; DuckDB reads of it only what is used.</param>
/// <param name="Before">The table's columns as the scan gives them.</param>
/// <param name="Fields">The columns to give values for: those of the table after the statement, without generated and void ones.</param>
/// <param name="WantsOld">Whether the values before are wanted too: the table records what changes.</param>
/// <param name="Identity">The target's columns of row ids; null where the table does not track its rows.</param>
internal sealed record RowStatementInput(string Target, StructType Before, IReadOnlyList<StructField> Fields, bool WantsOld, RowIdentity? Identity)
{
    /// <summary>The column of the SQL that says which id the row has; there where the table tracks its rows.</summary>
    public const string RowId = "lake_row_id";
}

/// <summary>A statement about a table's rows: which go, which come, and with which values.</summary>
/// <remarks>Its SQL gives a row for each: <c>lake_file</c> and <c>lake_row</c> (null for rows that come), <c>lake_action</c>
/// (<c>d</c> delete, <c>u</c> update, <c>i</c> insert), <c>new_0</c>, <c>new_1</c>… by number of the field where rows may come, and
/// <c>old_0</c>… where they are wanted.</remarks>
internal abstract class RowStatement
{
    /// <summary>The operation's name in the table's history.</summary>
    public abstract string Operation { get; }

    /// <summary>What the table's history keeps of the statement.</summary>
    public abstract IEnumerable<(string Name, string Value)> Parameters { get; }

    /// <summary>Whether rows may come.</summary>
    public abstract bool Writes { get; }

    /// <summary>Source columns that may become columns of the table, where the options let its schema change; null = none.</summary>
    public virtual IReadOnlyList<DuckDbColumn>? NewColumns => null;

    /// <summary>What files must hold to have rows that the statement takes out; null = all files count.</summary>
    public virtual Task<FilePredicate?> FilesAsync(DuckDbConnection connection, Snapshot snapshot, CancellationToken cancellationToken) => Task.FromResult<FilePredicate?>(null);

    /// <summary>The expressions over rows of the table that say what becomes of each.</summary>
    public abstract IEnumerable<string> Expressions { get; }

    /// <summary>Whether rows come because others are not there, and some of those that would keep them from coming stay as they are.</summary>
    public virtual bool DependsOnAbsence => false;

    /// <summary>The query whose rows come, where there is one.</summary>
    public virtual string? Source => null;

    /// <summary>The SQL.</summary>
    public abstract string ToSql(RowStatementInput input);

    /// <summary>A look at what the SQL gave, in a temporary table, before anything is done.</summary>
    public virtual Task CheckAsync(LakeTable table, DuckDbConnection connection, string changes, RowStatementInput input, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The numbers that the table's history keeps.</summary>
    public abstract IEnumerable<(string Name, long Value)> Metrics(RowCounts counts);

    /// <summary>Readies what the SQL reads, once for all attempts.</summary>
    public virtual Task PrepareAsync(LakeTable table, DuckDbConnection connection, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drops what <see cref="PrepareAsync"/> made.</summary>
    public virtual Task CleanUpAsync(DuckDbConnection connection) => Task.CompletedTask;

    /// <summary>The values before and the row's id, as far as they are wanted, for a SELECT over the target under a name; null = no row of it.</summary>
    protected static IEnumerable<string> Old(RowStatementInput input, string? target)
    {
        IEnumerable<string> values = !input.WantsOld
            ? []
            : input.Fields.Select((field, i) => $"{(target is null ? $"CAST(NULL AS {DeltaTypes.ToDuckDb(field.Type)})" : Value(input, field, target))} AS old_{i}");
        return input.Identity is not { } identity
            ? values
            : values.Append($"{(target is null ? "CAST(NULL AS BIGINT)" : $"{target}.{Sql.SqlText.Name(identity.Id)}")} AS {RowStatementInput.RowId}");
    }

    /// <summary>A column of the target; null where the table gets it only now.</summary>
    protected static string Value(RowStatementInput input, StructField field, string target) =>
        input.Before.Find(field.Name) is null ? $"CAST(NULL AS {DeltaTypes.ToDuckDb(field.Type)})" : $"{target}.{Sql.SqlText.Name(field.Name)}";
}

/// <summary>How many rows a statement touched.</summary>
internal sealed record RowCounts(long Deleted, long Updated, long Inserted)
{
    /// <summary>All of them.</summary>
    public long Total => Deleted + Updated + Inserted;
}
