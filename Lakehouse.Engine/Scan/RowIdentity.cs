using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>The columns in which a table's files keep the ids of copied rows and the versions that last changed them (PROTOCOL.md, "Row
/// Tracking"). They are none of the table's own.</summary>
/// <param name="Id">The name of the ids' column in files.</param>
/// <param name="Version">The name of the versions' column in files.</param>
internal sealed record RowIdentity(string Id, string Version)
{
    private const string OwnId = "lake_own_id", OwnVersion = "lake_own_version";

    /// <summary>Both names.</summary>
    public IReadOnlyList<string> Names => [Id, Version];

    /// <summary>What a scan has to read.</summary>
    public IEnumerable<string> ReadEntries => new[] { (Id, OwnId), (Version, OwnVersion) }
        .Select(column => $"{SqlText.Literal(column.Item1)}: {{name: {SqlText.Literal(column.Item2)}, type: 'BIGINT', default_value: NULL}}");

    /// <summary>A row's id and version, under the names that they have in files.</summary>
    /// <param name="firstId">The id of the first row of the file, as an expression.</param>
    /// <param name="fileVersion">The version that added the file, as an expression.</param>
    public IEnumerable<string> Values(string firstId, string fileVersion) =>
    [
        $"coalesce({OwnId}, {firstId} + file_row_number) AS {SqlText.Name(Id)}",
        $"coalesce({OwnVersion}, {fileVersion}) AS {SqlText.Name(Version)}",
    ];

    /// <summary>The columns of a table that tracks its rows; null of another.</summary>
    /// <exception cref="TableNotUsableException">Rows of the table cannot be copied without losing their ids.</exception>
    public static RowIdentity? Of(Metadata metadata, string table)
    {
        if (!metadata.IsTrue(TableProperties.EnableRowTracking)) return null;
        if (metadata.ColumnMappingMode == "id")
            throw new TableNotUsableException($"Table {table} tracks its rows and finds columns by id: rows cannot be copied or updated here without losing their ids. Appending works, and so does deleting by deletion vectors.", table);
        return metadata.Configuration.TryGetValue(TableProperties.MaterializedRowIdColumn, out var id) && metadata.Configuration.TryGetValue(TableProperties.MaterializedRowCommitVersionColumn, out var version)
            ? new RowIdentity(id, version)
            : throw new TableNotUsableException($"Table {table} tracks its rows, but does not name the columns for their ids ({TableProperties.MaterializedRowIdColumn}).", table);
    }

    /// <summary>A number of the log as a literal.</summary>
    public static string Literal(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "NULL";
}
