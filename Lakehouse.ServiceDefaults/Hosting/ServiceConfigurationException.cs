namespace Lakehouse.ServiceDefaults.Hosting;

/// <summary>A setting that a service needs is missing or wrong. The message is one sentence that says what to set.</summary>
public sealed class ServiceConfigurationException : Exception
{
    /// <summary>Creates the error.</summary>
    public ServiceConfigurationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
