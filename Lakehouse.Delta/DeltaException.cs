namespace Lakehouse.Delta;

/// <summary>Something about a Delta table is not as it must be. Every message names the table.</summary>
public abstract class DeltaException : Exception
{
    /// <summary>Creates the exception; the message is completed with the table.</summary>
    private protected DeltaException(string table, string message, long? version = null, string? path = null, Exception? innerException = null)
        : base(table.Length == 0 ? $"The table: {message}" : $"Table '{table}': {message}", innerException)
    {
        Table = table;
        Version = version;
        Path = path;
    }

    /// <summary>The table's path below its store.</summary>
    public string Table { get; }

    /// <summary>The table version the failure is about, where it is about one.</summary>
    public long? Version { get; }

    /// <summary>The file the failure is about, where it is about one.</summary>
    public string? Path { get; }
}

/// <summary>There is no Delta table at the path: no log.</summary>
public sealed class TableNotFoundException(string table, string store)
    : DeltaException(table, $"there is no Delta table here: {store} holds no commit below '{(table.Length == 0 ? "" : table + "/")}_delta_log'.");

/// <summary>A table was to be created where one stands.</summary>
public sealed class TableExistsException(string table)
    : DeltaException(table, "it exists already, so it cannot be created. Append to it, overwrite or replace it, or take another name.", 0);

/// <summary>The log, or what it points to, breaks the protocol: nothing that depends on it can be trusted.</summary>
public sealed class CorruptLogException(string table, string message, long? version = null, string? path = null, int? line = null, Exception? innerException = null)
    : DeltaException(table, path is null ? message : line is null ? $"{path}: {message}" : $"{path}, line {line}: {message}", version, path, innerException)
{
    /// <summary>The line in the file, counted from 1.</summary>
    public int? Line { get; } = line;
}

/// <summary>The table uses features of the protocol that this implementation does not have.</summary>
public sealed class UnsupportedFeatureException(string table, IReadOnlyList<string> features, string reason, long? version = null)
    : DeltaException(table, $"{reason}: {string.Join(", ", features)}.", version)
{
    /// <summary>The features' names, as in the protocol action.</summary>
    public IReadOnlyList<string> Features { get; } = features;
}

/// <summary>Another writer's commit and this transaction cannot both stand. Load the table again and redo the work.</summary>
public sealed class CommitConflictException(string table, CommitConflict conflict, long winningVersion, string? winningOperation, string detail)
    : DeltaException(
        table,
        $"{detail} The winner is version {winningVersion} ({winningOperation ?? "operation unknown"}). Load the table again and redo the work.",
        winningVersion)
{
    /// <summary>Which rule the two commits break together.</summary>
    public CommitConflict Conflict { get; } = conflict;

    /// <summary>The version that came first.</summary>
    public long WinningVersion { get; } = winningVersion;

    /// <summary>What the winner says it did ("MERGE"), when it says so.</summary>
    public string? WinningOperation { get; } = winningOperation;
}

/// <summary>Which rule two concurrent commits break together.</summary>
public enum CommitConflict
{
    /// <summary>The winner changed the protocol.</summary>
    ProtocolChanged,

    /// <summary>The winner changed the table's schema or configuration.</summary>
    MetadataChanged,

    /// <summary>Both commits carry the same application's transaction id.</summary>
    SameTransaction,

    /// <summary>The winner added rows that this transaction should have read.</summary>
    ConcurrentAppend,

    /// <summary>The winner removed a file that this transaction read.</summary>
    ConcurrentDeleteRead,

    /// <summary>Both commits remove the same file.</summary>
    ConcurrentDeleteDelete,

    /// <summary>Both commits change the same metadata domain.</summary>
    SameDomain,

    /// <summary>The table was deleted, and another made under the same path.</summary>
    TableReplaced,

    /// <summary>Every attempt lost its race, as often as the options allow.</summary>
    TooManyAttempts,
}

/// <summary>
/// Whether a commit took place could not be found out: the store failed while writing it and again while reading it back.
/// The table's next version tells; a commit carries its <see cref="TransactionId"/> in <c>commitInfo.txnId</c>.
/// </summary>
public sealed class CommitOutcomeUnknownException(string table, long version, string transactionId, Exception innerException)
    : DeltaException(
        table,
        $"it is unknown whether version {version} was written by this transaction ({innerException.Message}). Compare its commitInfo.txnId with {transactionId} once the store answers again.",
        version,
        null,
        innerException)
{
    /// <summary>The id that this transaction's commit carries.</summary>
    public string TransactionId { get; } = transactionId;
}

/// <summary>Data or a new schema does not fit the table's schema.</summary>
public sealed class SchemaMismatchException(string table, string column, string message)
    : DeltaException(table, message)
{
    /// <summary>The column, with dots between nested names.</summary>
    public string Column { get; } = column;
}

/// <summary>A table property was to get a value that it does not take.</summary>
public sealed class PropertyValueException(string table, string property, string value, string expected)
    : DeltaException(table, $"the property {property} cannot be '{value}': it takes {expected}.")
{
    /// <summary>The property.</summary>
    public string Property { get; } = property;
}

/// <summary>The version, or a version for the time, does not exist or can no longer be rebuilt.</summary>
public sealed class VersionNotFoundException(string table, string message, long? version = null)
    : DeltaException(table, message, version);

/// <summary>A deletion vector is not what its descriptor says, or is no deletion vector.</summary>
public sealed class CorruptDeletionVectorException(string table, string message, string? path = null, Exception? innerException = null)
    : DeltaException(table, path is null ? message : $"{path}: {message}", null, path, innerException);
