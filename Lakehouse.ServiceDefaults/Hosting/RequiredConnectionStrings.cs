using Lakehouse.ServiceDefaults.Hosting;

namespace Microsoft.Extensions.Configuration;

/// <summary>Connection strings that a service cannot do without.</summary>
public static class RequiredConnectionStrings
{
    /// <summary>The connection string of that name.</summary>
    /// <param name="configuration">Where it is looked up: <c>ConnectionStrings:NAME</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="example">What one looks like, for the message; without secrets.</param>
    /// <exception cref="ServiceConfigurationException">It is not set.</exception>
    public static string GetRequiredConnectionString(this IConfiguration configuration, string name, string example)
    {
        string? value = configuration.GetConnectionString(name);
        return string.IsNullOrWhiteSpace(value)
            ? throw new ServiceConfigurationException($"The connection string '{name}' is missing: set the environment variable ConnectionStrings__{name} to one such as {example}.")
            : value;
    }
}
