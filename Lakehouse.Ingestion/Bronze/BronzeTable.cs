using System.Globalization;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres.Source;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>A bronze table of a source as its ingester knows it.</summary>
internal sealed class BronzeTable
{
    /// <param name="table">The lake's table, which may not exist yet.</param>
    /// <param name="sourceTable">The source table, <c>schema.table</c>.</param>
    public BronzeTable(LakeTable table, string sourceTable)
    {
        Table = table;
        SourceTable = sourceTable;
    }

    public LakeTable Table { get; }

    public string SourceTable { get; }

    public TableName Name => Table.Name;

    /// <summary>The end of the last transaction that the table holds, or its snapshot's consistent point; 0 when it has neither.</summary>
    public ulong Applied { get; private set; }

    /// <summary>The Delta version that the ingester saw or wrote last; null while there is no table.</summary>
    public long? Version { get; set; }

    /// <summary>The source's columns in the table, with those of changes that are read but not committed yet.</summary>
    public IReadOnlyList<BronzeColumn> Columns { get; set; } = [];

    /// <summary>The consistent point of the table's snapshot; 0 when it has none.</summary>
    public ulong SnapshotLsn { get; private set; }

    /// <summary>Whether another source's position is in the table as well.</summary>
    public bool HasOtherSource { get; private set; }

    /// <summary>How the publication had the table when its position was written; null when that is not known.</summary>
    public Membership? KnownMembership { get; private set; }

    /// <summary>How the publication had the table when the session began; kept with the positions that the session writes.</summary>
    public Membership? Membership { get; set; }

    /// <summary>Table properties that go with the next position; null = none.</summary>
    public IReadOnlyDictionary<string, string>? Properties =>
        Membership is { } membership ? new Dictionary<string, string> { [MembershipProperty] = membership.ToString() } : null;

    /// <summary>Why the table's changes go to <c>bronze._stopped</c>; null while the table goes on.</summary>
    public string? StoppedReason { get; set; }

    /// <summary>The commit LSN of the transaction that stopped the table; 0 while the table goes on.</summary>
    public ulong StoppedLsn { get; set; }

    /// <summary>
    /// Whether the table already holds the transaction. A commit record may begin exactly where an earlier position ends,
    /// and records do not overlap, so that only those that begin before it are held.
    /// </summary>
    /// <param name="finalLsn">Where the transaction's commit record starts.</param>
    public bool Holds(ulong finalLsn) => finalLsn < Applied;

    /// <summary>Reads the table's position and version alone, for tables of which ingestion fixes the columns.</summary>
    public async Task LoadPositionAsync(string source, CancellationToken ct)
    {
        var snapshot = await Table.TrySnapshotAsync(ct);
        Version = snapshot?.Version;
        Applied = (ulong)(snapshot?.TransactionVersion(ApplicationId(source)) ?? 0);
    }

    /// <summary>Reads the table's state from the lake.</summary>
    public async Task LoadAsync(string source, CancellationToken ct)
    {
        var snapshot = await Table.TrySnapshotAsync(ct);
        Version = snapshot?.Version;
        Applied = (ulong)(snapshot?.TransactionVersion(ApplicationId(source)) ?? 0);
        SnapshotLsn = snapshot is not null && snapshot.Configuration.TryGetValue(SnapshotProperty, out var text)
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : 0;
        HasOtherSource = snapshot?.TransactionApplications.Any(id => id.StartsWith(ApplicationPrefix, StringComparison.Ordinal) && id != ApplicationId(source)) == true;
        KnownMembership = snapshot?.Configuration.GetValueOrDefault(MembershipProperty) is { } known ? Membership.TryParse(known) : null;
        Columns = snapshot is null ? [] : BronzeSchema.ColumnsOf(snapshot.Schema, source, SourceTable);
    }

    /// <summary>Delta's application id of a source's position; its version is an LSN.</summary>
    public static string ApplicationId(string source) => ApplicationPrefix + source;

    /// <summary>The properties of a table that holds its snapshot.</summary>
    public static Dictionary<string, string> SnapshotProperties(ulong consistentPoint, Membership membership) => new()
    {
        [SnapshotProperty] = consistentPoint.ToString(CultureInfo.InvariantCulture),
        [MembershipProperty] = membership.ToString(),
    };

    /// <summary>The table property that keeps the consistent point of the snapshot that the table began with.</summary>
    public const string SnapshotProperty = "lakehouse.cdc.snapshotLsn";

    private const string MembershipProperty = "lakehouse.cdc.membership";
    private const string ApplicationPrefix = "cdc:";
}
