namespace Lakehouse.EmbeddedPostgres;

/// <summary>The PostgreSQL that ships with this program could not be prepared, started or stopped. The message ends with the server's last words, never with a password.</summary>
public sealed class EmbeddedPostgresException : Exception
{
    /// <summary>Creates the error.</summary>
    public EmbeddedPostgresException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
