using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Storage;

namespace Lakehouse.Api.Sandbox;

/// <summary>Sorts what goes wrong in a sandbox process by who has to act.</summary>
public static class SandboxErrors
{
    /// <summary>DuckDB prints the line below its sentence; the service has the position and needs only the sentence.</summary>
    private const string Excerpt = "\n\nLINE ";

    public static SandboxError From(Exception error) => error switch
    {
        DuckDbException { ErrorType: DuckDbErrorType.OutOfMemory } memory => new SandboxError(SandboxErrorKind.Memory, Sentence(memory.Message)),
        DuckDbException { ErrorType: DuckDbErrorType.Internal or DuckDbErrorType.Fatal } defect => new SandboxError(SandboxErrorKind.Engine, Sentence(defect.Message)),
        DuckDbException sql => new SandboxError(SandboxErrorKind.Sql, Sentence(sql.Message), sql.Position, sql.Hint),
        OutOfMemoryException => new SandboxError(SandboxErrorKind.Memory, "The result needs more memory than a query may have."),
        RowTooLargeException large => new SandboxError(SandboxErrorKind.RowTooLarge, large.Message),
        EngineException or DeltaException or StorageException or IOException => new SandboxError(SandboxErrorKind.Lake, error.Message),
        _ => new SandboxError(SandboxErrorKind.Engine, $"{error.GetType().Name}: {error.Message}"),
    };

    private static string Sentence(string message)
    {
        int excerpt = message.IndexOf(Excerpt, StringComparison.Ordinal);
        return excerpt < 0 ? message : message[..excerpt];
    }
}

/// <summary>One row alone is longer than a page may be.</summary>
public sealed class RowTooLargeException(long bytes, int maxBytes) : Exception($"A row takes {bytes:N0} bytes of JSON; a page may have {maxBytes:N0}.");
