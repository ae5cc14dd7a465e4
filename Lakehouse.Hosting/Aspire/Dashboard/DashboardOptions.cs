using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Dashboard;

/// <summary>How the dashboard is reached and by whom. Names of settings are Aspire's.</summary>
internal sealed class DashboardOptions
{
    /// <summary>Shown as the title.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>Where it is to be found by a browser, as <c>ASPNETCORE_URLS</c> says; port 0 is any free one.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>Where it takes telemetry over gRPC; port 0 is any free one.</summary>
    public required Uri OtlpGrpcUrl { get; init; }

    /// <summary>Where it takes telemetry over HTTP; null: nowhere.</summary>
    public Uri? OtlpHttpUrl { get; init; }

    /// <summary>What a browser logs in with; null: nobody needs to log in.</summary>
    public string? BrowserToken { get; init; }

    /// <summary>What services send their telemetry with; null: nothing is asked for.</summary>
    public string? OtlpApiKey { get; init; }

    /// <summary>What the dashboard asks the AppHost's resource service with.</summary>
    public string ResourceServiceApiKey { get; init; } = Key();

    /// <summary>The port of that service; 0 is any free one.</summary>
    public int ResourceServicePort { get; init; }

    /// <summary>Every setting <c>ASPIRE_DASHBOARD_*</c> is handed to the dashboard.</summary>
    public required IReadOnlyDictionary<string, string> PassedOn { get; init; }

    /// <summary>Whether it is shown among the resources (<c>ASPIRE_SHOW_DASHBOARD_RESOURCES</c>).</summary>
    public bool ShowResource { get; init; }

    /// <exception cref="DistributedApplicationException">
    /// An address is not one, or asks for HTTP without <c>ASPIRE_ALLOW_UNSECURED_TRANSPORT</c>.
    /// </exception>
    public static DashboardOptions From(IConfiguration configuration, string applicationName, bool allowUnsecuredTransport)
    {
        var anonymous = Flag(configuration, "ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS");
        var unsecured = allowUnsecuredTransport || anonymous || Flag(configuration, "ASPIRE_ALLOW_UNSECURED_TRANSPORT");
        Uri? Url(string setting) => configuration[setting] is { Length: > 0 } value ? Parse(setting, value, unsecured) : null;
        var urls = (configuration["ASPNETCORE_URLS"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(u => Parse("ASPNETCORE_URLS (applicationUrl in launchSettings.json)", u, unsecured)).ToArray();
        return new DashboardOptions
        {
            ApplicationName = applicationName,
            Urls = urls is [] ? [AnyPort] : urls,
            OtlpGrpcUrl = Url("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL") ?? Url("DOTNET_DASHBOARD_OTLP_ENDPOINT_URL") ?? AnyPort,
            OtlpHttpUrl = Url("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"),
            BrowserToken = anonymous ? null : configuration["AppHost:BrowserToken"] ?? configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] ?? Key(),
            OtlpApiKey = anonymous ? null : configuration["AppHost:OtlpApiKey"] ?? Key(),
            ResourceServicePort = Url("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL") is { Scheme: "http" } service ? service.Port : 0,
            PassedOn = configuration.AsEnumerable()
                .Where(s => s.Key.StartsWith("ASPIRE_DASHBOARD_", StringComparison.OrdinalIgnoreCase) && s.Value is not null && !OwnSettings.Contains(s.Key))
                .ToDictionary(s => s.Key, s => s.Value!, StringComparer.OrdinalIgnoreCase),
            ShowResource = Flag(configuration, "ASPIRE_SHOW_DASHBOARD_RESOURCES"),
        };
    }

    private static readonly Uri AnyPort = new("http://localhost:0");

    /// <summary>Given to the dashboard in other words: it listens behind DCP's proxy, not where these say.</summary>
    private static readonly HashSet<string> OwnSettings = new(StringComparer.OrdinalIgnoreCase)
    {
        "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "ASPIRE_DASHBOARD_MCP_ENDPOINT_URL",
        "ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN", "ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS", "ASPIRE_DASHBOARD_RESOURCESERVICE_APIKEY",
        "ASPIRE_DASHBOARD_PATH",
    };

    private static Uri Parse(string setting, string value, bool unsecured)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new DistributedApplicationException($"{setting} is '{value}', which is not an http or https address.");
        if (url.Scheme == "http" && !unsecured)
            throw new DistributedApplicationException($"{setting} is '{value}': an http address needs ASPIRE_ALLOW_UNSECURED_TRANSPORT=true, in the environment or the launch profile.");
        return url;
    }

    private static bool Flag(IConfiguration configuration, string setting)
        => configuration[setting] is { } value && (value == "1" || bool.TryParse(value, out var flag) && flag);

    private static string Key() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
