using Lakehouse.ServiceDefaults.Clients.S3;
using Lakehouse.ServiceDefaults.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>Where a service's lake is.</summary>
public static class LakeFolderExtensions
{
    /// <summary>The name of the lake's connection string.</summary>
    public const string ConnectionName = "lake";

    private const string Example = "/data/lake, file:///data/lake or s3://bucket/prefix";

    /// <summary>The lake's place from the connection string <c>lake</c>: a folder, made when it is absent, or the address of a bucket with
    /// its keys, as it is; adds a health check for it.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="check">Throws a <see cref="FormatException"/> without secrets when the address of a bucket is wrong.</param>
    /// <param name="fallback">The folder when the connection string is not set; null where it must be.</param>
    /// <exception cref="ServiceConfigurationException">It is missing, is neither, or cannot be made.</exception>
    public static string AddLakeFolder(this IHostApplicationBuilder builder, Action<string> check, string? fallback = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(check);
        string place = builder.Configuration.GetConnectionString(ConnectionName) is { Length: > 0 } set
            ? set
            : fallback ?? builder.Configuration.GetRequiredConnectionString(ConnectionName, Example);
        if (place.StartsWith(S3ObjectStoreSettings.Scheme, StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                check(place);
            }
            catch (FormatException error)
            {
                throw new ServiceConfigurationException($"The connection string '{ConnectionName}' is wrong. {error.Message}", error);
            }
            builder.AddS3ObjectStore(ConnectionName, place);
            return place;
        }
        string folder = Folder(place);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ServiceConfigurationException($"The lake's folder '{folder}' cannot be made: {error.Message}", error);
        }
        builder.Services.AddHealthChecks().AddCheck(ConnectionName, () => Directory.Exists(folder)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"The lake's folder '{folder}' is not there."));
        return folder;
    }

    private static string Folder(string place)
    {
        if (!place.Contains("://", StringComparison.Ordinal)) return Path.GetFullPath(place);
        if (Uri.TryCreate(place, UriKind.Absolute, out Uri? uri) && uri.IsFile) return Path.GetFullPath(uri.LocalPath);
        // Only the scheme is repeated: what follows may hold keys.
        string scheme = place[..place.IndexOf("://", StringComparison.Ordinal)];
        throw new ServiceConfigurationException($"The connection string '{ConnectionName}' begins with {scheme}://, which is no place for a lake: set it to one such as {Example}.");
    }
}
