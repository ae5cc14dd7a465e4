using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>An endpoint that a project's appsettings.json gives to Kestrel.</summary>
internal sealed record KestrelEndpoint(string Name, ListenUrl Url, bool IsHttp2);

/// <summary>What a project's settings files say of Kestrel: endpoints there override every other way to tell it where to listen.</summary>
internal sealed class KestrelConfiguration
{
    private KestrelConfiguration(IConfiguration settings)
    {
        DefaultsToHttp2 = IsHttp2(settings["Kestrel:EndpointDefaults:Protocols"]);
        Endpoints =
        [
            .. settings.GetSection("Kestrel:Endpoints").GetChildren().Where(endpoint => endpoint["Url"] is not null).Select(endpoint => new KestrelEndpoint(
                endpoint.Key, ListenUrl.Parse(endpoint["Url"]!), endpoint["Protocols"] is { } protocols ? IsHttp2(protocols) : DefaultsToHttp2)),
        ];
    }

    public bool DefaultsToHttp2 { get; }

    public IReadOnlyList<KestrelEndpoint> Endpoints { get; }

    public static KestrelConfiguration Of(string projectPath)
    {
        string folder = Path.GetDirectoryName(projectPath)!;
        string? environment = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT");
        return new(new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(folder, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(folder, $"appsettings.{environment}.json"), optional: true)
            .Build());
    }

    private static bool IsHttp2(string? protocols) => string.Equals(protocols, "Http2", StringComparison.OrdinalIgnoreCase);
}

/// <summary>A URL that Kestrel listens on. Hosts may be wildcards, which <see cref="Uri"/> refuses.</summary>
internal sealed record ListenUrl(string Scheme, string Host, int Port)
{
    /// <exception cref="DistributedApplicationException">It is not such a URL.</exception>
    public static ListenUrl Parse(string url)
    {
        try
        {
            Microsoft.AspNetCore.Http.BindingAddress address = Microsoft.AspNetCore.Http.BindingAddress.Parse(url);
            return new(address.Scheme.ToLowerInvariant(), address.Host, address.Port);
        }
        catch (FormatException malformed)
        {
            throw new DistributedApplicationException($"'{url}' is not a URL to listen on.", malformed);
        }
    }
}
