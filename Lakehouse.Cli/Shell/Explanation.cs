using Npgsql;

namespace Lakehouse.Cli.Shell;

/// <summary>What went wrong, in a sentence a person can act on.</summary>
public static class Explanation
{
    /// <summary>The sentence for <paramref name="error"/>, without its stack trace.</summary>
    public static string Of(Exception error) => error switch
    {
        AggregateException { InnerExceptions.Count: 1 } one => Of(one.InnerExceptions[0]),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused
            => $"lakehouse: PostgreSQL refused the login ({refused.MessageText}); check user and password in the connection string.",
        UnauthorizedAccessException denied => $"lakehouse: {denied.Message} Check who owns the file or folder.",
        NullReferenceException or InvalidCastException or IndexOutOfRangeException or ArgumentException
            => $"lakehouse: this is a defect in lakehouse ({error.GetType().Name}: {error.Message}). Run again with --verbose and report what it prints.",
        _ => $"lakehouse: {error.Message}",
    };
}
