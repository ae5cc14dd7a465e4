using System.Globalization;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql;

/// <summary>When a table is looked at: at a version, or as it was at a time. One of both is given.</summary>
/// <param name="Version">The version.</param>
/// <param name="Time">The time: the last version committed then or before.</param>
public readonly record struct TableMoment(long? Version, DateTimeOffset? Time)
{
    /// <summary>The table's snapshot then.</summary>
    /// <exception cref="VersionNotFoundException">There is no such version, or no longer.</exception>
    public Task<Snapshot> SnapshotAsync(LakeTable table, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Time is { } time ? table.SnapshotAtAsync(time, cancellationToken) : table.SnapshotAsync(Version, cancellationToken);
    }

    /// <summary>A number is a version; a text is a time, in UTC where it names no zone. Null when the token is neither.</summary>
    internal static TableMoment? Of(SqlToken token) => token.Kind switch
    {
        SqlTokenKind.Number when long.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version) => new TableMoment(version, null),
        SqlTokenKind.String when DateTimeOffset.TryParse(token.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => new TableMoment(null, time),
        _ => null,
    };
}
