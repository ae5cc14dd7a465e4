using System.Net.Sockets;
using Npgsql;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>Says what an error of the source means and whether waiting can help.</summary>
internal static class SourceErrors
{
    /// <summary>The error as an <see cref="IngestionException"/>; null when it is not one of the source's connection.</summary>
    public static IngestionException? Explain(Exception error, PostgresSourceOptions options, SourceConnection source)
    {
        switch (error)
        {
            case IngestionException known:
                return known;
            case PostgresException e:
                return Explain(e, options, source);
            case NpgsqlException or SocketException or EndOfStreamException:
                return new SourceConnectionException($"the connection to {source.Description} failed: {Innermost(error).Message}. Is PostgreSQL running and reachable?", options.Name, transient: true, error);
            case AggregateException { InnerExceptions: [var only] }:
                return Explain(only, options, source);
            default:
                return null;
        }
    }

    private static IngestionException Explain(PostgresException e, PostgresSourceOptions options, SourceConnection source)
    {
        var name = options.Name;
        switch (e.SqlState)
        {
            case PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName:
                return new SourceConnectionException($"{source.Description} refused the connection ({e.MessageText}): check user, password and database of the source's connection string, and pg_hba.conf.", name, transient: false, e);
            case PostgresErrorCodes.InsufficientPrivilege:
                return new SourceSetupException($"role '{source.Role}' lacks a right ({e.MessageText}). Change data capture needs REPLICATION (ALTER ROLE {Sql.Identifier(source.Role)} REPLICATION) and SELECT on the tables.", name, null, e);
            case PostgresErrorCodes.ObjectInUse:
                return new SlotInUseException($"another consumer reads the slot '{options.SlotName}' ({e.MessageText}). Stop it, or give this source another 'slot'.", name, e);
            case PostgresErrorCodes.DuplicateObject when e.MessageText.Contains("replication slot", StringComparison.Ordinal):
                return new SlotInUseException($"someone else made the slot '{options.SlotName}' at the same time ({e.MessageText}).", name, e);
            case PostgresErrorCodes.ConfigurationLimitExceeded:
                return new SourceSetupException($"the server has no replication slot or sender left ({e.MessageText}): raise max_replication_slots and max_wal_senders, or drop slots that nobody reads.", name, null, e);
            case PostgresErrorCodes.ObjectNotInPrerequisiteState when e.MessageText.Contains("wal_level", StringComparison.Ordinal):
                return new SourceSetupException($"{e.MessageText}: run ALTER SYSTEM SET wal_level = logical and restart PostgreSQL.", name, null, e);
            case PostgresErrorCodes.ObjectNotInPrerequisiteState or PostgresErrorCodes.UndefinedObject when e.MessageText.Contains("replication slot", StringComparison.Ordinal):
                return new SlotLostException($"the slot '{options.SlotName}' is gone or unusable ({e.MessageText}). {SlotAdvice(options)}", name, null);
            case PostgresErrorCodes.UndefinedObject when e.MessageText.Contains("publication", StringComparison.Ordinal):
                return new PublicationException($"the publication '{options.PublicationName}' is not there as of the changes to be read ({e.MessageText}). Create it again; changes made while it was missing need a new snapshot.", name, null, e);
            default:
                // Shutdowns, crash recovery, too many connections, resources: states that pass (class 08, 53, 57).
                var passes = e.IsTransient || e.SqlState[..2] is "08" or "53" or "57" or "58" or "XX";
                return passes
                    ? new SourceConnectionException($"{source.Description} failed: {e.MessageText} ({e.SqlState}).", name, transient: true, e)
                    : new SourceSetupException($"{source.Description} refused: {e.MessageText} ({e.SqlState}).", name, e.TableName, e);
        }
    }

    /// <summary>How to go on after a slot was lost.</summary>
    public static string SlotAdvice(PostgresSourceOptions options) =>
        $"Changes since then may be lost at the source, so nothing is read until you decide: move the source's tables out of bronze (their history stays readable there), drop the slot '{options.SlotName}' if it is still there, and start again; a new snapshot is taken. To keep a slot from being lost, set max_slot_wal_keep_size high enough and watch its lag.";

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
