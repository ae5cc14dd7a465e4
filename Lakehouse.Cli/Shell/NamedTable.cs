using Lakehouse.Engine;

namespace Lakehouse.Cli.Shell;

/// <summary>The table that a command line names.</summary>
public static class NamedTable
{
    /// <summary>Finds the table.</summary>
    /// <exception cref="UsageException">The text is no table's name.</exception>
    /// <exception cref="CommandFailedException">The lake has no such table; the message lists those it has.</exception>
    public static async Task<LakeTable> FindAsync(Lake lake, string text, CancellationToken cancellationToken)
    {
        if (!TableName.TryParse(text, out TableName name))
            throw new UsageException($"'{text}' is not a table's name: write schema.table, such as silver.orders.");
        if (await lake.Table(name).TrySnapshotAsync(cancellationToken) is not null)
            return lake.Table(name);
        IReadOnlyList<TableName> tables = await lake.ListTablesAsync(cancellationToken);
        throw new CommandFailedException(tables.Count == 0
            ? $"there is no table {name}: the lake has no tables yet."
            : $"there is no table {name}; the lake has {string.Join(", ", tables.Order(Comparer<TableName>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()))))}.");
    }
}
