namespace Lakehouse.Ingestion.Postgres.Wire;

/// <summary>First bytes of pgoutput messages, protocol version 1.</summary>
internal static class PgOutputMessage
{
    public const byte Begin = (byte)'B';
    public const byte Commit = (byte)'C';
    public const byte Origin = (byte)'O';
    public const byte Relation = (byte)'R';
    public const byte Type = (byte)'Y';
    public const byte Insert = (byte)'I';
    public const byte Update = (byte)'U';
    public const byte Delete = (byte)'D';
    public const byte Truncate = (byte)'T';
}

/// <summary>A transaction begins. All its changes come before its <see cref="CommitMessage"/>, with nothing of others between.</summary>
/// <param name="FinalLsn">Where the commit record starts.</param>
/// <param name="CommittedAt">Microseconds since 1970-01-01 UTC.</param>
/// <param name="TransactionId">The 32-bit transaction id.</param>
internal readonly record struct BeginMessage(ulong FinalLsn, long CommittedAt, uint TransactionId)
{
    public static BeginMessage Read(ref PgOutputReader reader) =>
        new(reader.ReadUInt64(), PostgresEpoch.ToUnixMicroseconds(reader.ReadInt64()), reader.ReadUInt32());
}

/// <param name="CommitLsn">Where the commit record starts: equals the begin message's final LSN.</param>
/// <param name="EndLsn">Where the commit record ends; no other record lies between the two.</param>
internal readonly record struct CommitMessage(ulong CommitLsn, ulong EndLsn, long CommittedAt)
{
    public static CommitMessage Read(ref PgOutputReader reader)
    {
        reader.ReadByte();   // flags, unused by the protocol
        return new(reader.ReadUInt64(), reader.ReadUInt64(), PostgresEpoch.ToUnixMicroseconds(reader.ReadInt64()));
    }
}

/// <summary>How a table identifies old rows (pg_class.relreplident).</summary>
internal enum ReplicaIdentity : byte
{
    Default = (byte)'d',
    Nothing = (byte)'n',
    Full = (byte)'f',
    Index = (byte)'i',
}

/// <param name="IsIdentity">Whether the column is part of the replica identity; all columns are when that is FULL.</param>
internal sealed record RelationColumn(string Name, uint TypeId, int TypeModifier, bool IsIdentity);

/// <summary>A table's shape as of the changes that follow. Sent before the first change of a table and after its DDL.</summary>
internal sealed record RelationMessage(uint RelationId, string Schema, string Name, ReplicaIdentity Identity, IReadOnlyList<RelationColumn> Columns)
{
    public static RelationMessage Read(ref PgOutputReader reader)
    {
        var id = reader.ReadUInt32();
        var schema = reader.ReadString();
        var name = reader.ReadString();
        var identity = (ReplicaIdentity)reader.ReadByte();
        var columns = new RelationColumn[reader.ReadInt16()];
        for (var i = 0; i < columns.Length; i++)
        {
            var flags = reader.ReadByte();
            columns[i] = new RelationColumn(reader.ReadString(), reader.ReadUInt32(), reader.ReadInt32(), (flags & 1) != 0);
        }
        // An empty schema stands for pg_catalog.
        return new RelationMessage(id, schema.Length == 0 ? "pg_catalog" : schema, name, identity, columns);
    }
}

/// <summary>PostgreSQL counts from 2000-01-01.</summary>
internal static class PostgresEpoch
{
    private const long UnixMicroseconds = 946_684_800_000_000;

    public static long ToUnixMicroseconds(long sincePostgresEpoch) => sincePostgresEpoch + UnixMicroseconds;
}
