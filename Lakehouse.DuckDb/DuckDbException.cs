using System.Data.Common;

namespace Lakehouse.DuckDb;

/// <summary>An error from DuckDB, or from this provider on its behalf.</summary>
public sealed class DuckDbException : DbException
{
    /// <summary>Creates an error of a type, with where it is in the SQL when that is known.</summary>
    public DuckDbException(DuckDbErrorType errorType, string message, int? position = null, string? hint = null, Exception? inner = null)
        : base(message, inner)
    {
        ErrorType = errorType;
        Position = position;
        Hint = hint;
    }

    /// <summary>DuckDB's classification.</summary>
    public DuckDbErrorType ErrorType { get; }

    /// <summary>Where in the SQL the error is: a zero-based offset in characters (UTF-16 units), when DuckDB tells it.</summary>
    public int? Position { get; }

    /// <summary>What DuckDB suggests instead (names that do exist, a cast to write), when it does.</summary>
    public string? Hint { get; }

    /// <summary>Whether the same statement may succeed when run again: a conflict between transactions.</summary>
    public override bool IsTransient => ErrorType == DuckDbErrorType.Transaction;
}
