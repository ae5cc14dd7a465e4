namespace Lakehouse.Api.Sandbox;

/// <summary>Why a sandbox process could not answer.</summary>
/// <param name="Kind">Who has to act.</param>
/// <param name="Message">DuckDB's sentence.</param>
/// <param name="Position">Character of the SQL, from 0, where DuckDB tells it.</param>
/// <param name="Hint">What DuckDB suggests.</param>
public sealed record SandboxError(SandboxErrorKind Kind, string Message, int? Position = null, string? Hint = null);

/// <summary>Kinds of failure in a sandbox process.</summary>
public enum SandboxErrorKind
{
    /// <summary>The caller's SQL is wrong, or its data do not fit (a cast, a division).</summary>
    Sql,

    /// <summary>The query needs more memory than it may have.</summary>
    Memory,

    /// <summary>One row is larger than a page may be.</summary>
    RowTooLarge,

    /// <summary>The lake's files cannot be read.</summary>
    Lake,

    /// <summary>DuckDB or our own code failed.</summary>
    Engine,
}
