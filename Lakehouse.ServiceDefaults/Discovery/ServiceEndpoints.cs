using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;

namespace Lakehouse.ServiceDefaults.Discovery;

/// <summary>
/// Where services are, by the configuration that an AppHost writes: <c>services:NAME:ENDPOINT:INDEX</c> (as environment
/// variables <c>services__catalog__http__0</c>). The rules are those of Microsoft.Extensions.ServiceDiscovery's
/// configuration provider, so that this type can be replaced by that package (docs/decisions/101).
/// </summary>
internal sealed class ServiceEndpoints(IConfiguration configuration)
{
    private const string Section = "services";
    private readonly ConcurrentDictionary<string, int> turns = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The address to send a request to. <c>http://catalog</c> takes the endpoint <c>http</c> of the service <c>catalog</c>;
    /// <c>https+http://catalog</c> takes <c>https</c>, else <c>http</c>; <c>http://_admin.catalog</c> takes the endpoint
    /// <c>admin</c>. Several addresses of one endpoint take turns. A name that is not configured is a host's name.
    /// </summary>
    public Uri Resolve(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        string[] schemes = uri.Scheme.Split('+');
        (string? endpoint, string service) = Split(uri.Host);
        foreach (string candidate in endpoint is null ? schemes : [endpoint])
        {
            IConfigurationSection section = configuration.GetSection($"{Section}:{service}:{candidate}");
            List<string> addresses = [.. Addresses(section)];
            if (addresses.Count == 0) continue;
            int turn = turns.AddOrUpdate(section.Path, 0, static (_, last) => last + 1);
            return At(uri, addresses[(int)((uint)turn % (uint)addresses.Count)], endpoint is null ? candidate : schemes[0]);
        }
        return schemes.Length == 1 && endpoint is null ? uri : new UriBuilder(uri) { Scheme = schemes[0], Host = service, Port = uri.Port }.Uri;
    }

    // "http://_admin.catalog": the endpoint's name stands before the service's, with an underscore.
    private static (string? Endpoint, string Service) Split(string host)
    {
        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return host.StartsWith('_') && dot > 1 ? (host[1..dot], host[(dot + 1)..]) : (null, host);
    }

    private static IEnumerable<string> Addresses(IConfigurationSection section)
    {
        if (!string.IsNullOrWhiteSpace(section.Value)) return [section.Value];
        return section.GetChildren().Select(child => child.Value).OfType<string>().Where(value => value.Length > 0);
    }

    private static Uri At(Uri uri, string address, string scheme)
    {
        Uri at = address.Contains("://", StringComparison.Ordinal) ? new Uri(address) : new Uri($"{scheme}://{address}");
        string path = at.AbsolutePath.TrimEnd('/') + uri.AbsolutePath;
        return new UriBuilder(at) { Path = path, Query = uri.Query, Fragment = uri.Fragment }.Uri;
    }
}
