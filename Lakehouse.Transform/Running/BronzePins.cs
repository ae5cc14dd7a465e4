using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>Bronze as the control table tells it.</summary>
/// <param name="Versions">The version of each table that it tells of.</param>
/// <param name="Positions">How far each source had come with that: the LSN up to which the versions hold its transactions.</param>
internal sealed record PinnedBronze(IReadOnlyDictionary<TableName, long> Versions, IReadOnlyDictionary<string, long> Positions);

/// <summary>
/// The versions at which a run reads bronze: those of the newest row of <c>bronze._commits</c> of each source, so that no run sees
/// half of a source's transaction. Kept between runs, so that a run reads only the rows that came since.
/// </summary>
internal sealed class BronzePins(Lake lake)
{
    public const string Schema = "bronze";

    private static readonly TableName ControlTable = new(Schema, "_commits");
    private static readonly TableName NewRows = new(Compiler.ChangesSchema, "bronze___commits");

    private readonly Dictionary<string, (long Position, Dictionary<TableName, long> Tables)> _bySource = new(StringComparer.Ordinal);
    private long? _readUpTo;
    private string? _tableId;

    /// <summary>What the newest rows tell; empty when there is no control table.</summary>
    public async Task<PinnedBronze> ReadAsync(LakeSession session, CancellationToken cancellationToken)
    {
        var snapshot = await lake.Table(ControlTable).TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        if (snapshot is null)
            return new PinnedBronze(new Dictionary<TableName, long>(), new Dictionary<string, long>());
        if (snapshot.Metadata.Id != _tableId || snapshot.Version < _readUpTo)
        {
            _bySource.Clear();
            (_tableId, _readUpTo) = (snapshot.Metadata.Id, null);
        }
        if (snapshot.Version != _readUpTo)
        {
            await session.DefineChangesAsync(NewRows, snapshot, _readUpTo, cancellationToken).ConfigureAwait(false);
            await ReadNewRowsAsync(session.Connection, cancellationToken).ConfigureAwait(false);
            _readUpTo = snapshot.Version;
        }
        return new PinnedBronze(
            _bySource.Values.SelectMany(s => s.Tables).GroupBy(t => t.Key).ToDictionary(g => g.Key, g => g.Max(t => t.Value)),
            _bySource.ToDictionary(s => s.Key, s => s.Value.Position, StringComparer.Ordinal));
    }

    private async Task ReadNewRowsAsync(DuckDbConnection connection, CancellationToken cancellationToken)
    {
        var sql = $"""
            SELECT source, to_lsn, unnest(map_keys(tables)) AS name, unnest(map_values(tables)) AS version
            FROM (SELECT * FROM {Relation.Render(NewRows)} WHERE _change_type = 'insert'
                  QUALIFY row_number() OVER (PARTITION BY source ORDER BY batch DESC, to_lsn DESC) = 1)
            """;
        var read = new Dictionary<string, (long Position, Dictionary<TableName, long> Tables)>(StringComparer.Ordinal);
        using var result = await connection.QueryAllAsync(sql, cancellationToken).ConfigureAwait(false);
        while (result.NextChunk(cancellationToken))
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var source = (string)result.Column(0).GetValue(row)!;
                var position = Convert.ToInt64(result.Column(1).GetValue(row), System.Globalization.CultureInfo.InvariantCulture);
                var name = (string)result.Column(2).GetValue(row)!;
                var version = Convert.ToInt64(result.Column(3).GetValue(row), System.Globalization.CultureInfo.InvariantCulture);
                if (!read.TryGetValue(source, out var entry))
                    read[source] = entry = (position, []);
                entry.Tables[name.Contains('.', StringComparison.Ordinal) ? TableName.Parse(name) : new TableName(Schema, name)] = version;
            }
        }
        foreach (var (source, entry) in read)
            _bySource[source] = entry;
    }
}
