using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dashboard;

/// <summary>The dashboard as a resource: a program that the orchestrator runs like the others, but does not show among them.</summary>
internal sealed class DashboardResource : ExecutableResource
{
    public const string ResourceName = "aspire-dashboard";

    public DashboardResource(string program, DashboardOptions options, DashboardServiceHost service)
        : base(ResourceName, program, Path.GetDirectoryName(program)!)
    {
        foreach (var (index, url) in options.Urls.Index())
            Frontends.Add(Add(url, index == 0 || options.Urls.Take(index).All(u => u.Scheme != url.Scheme) ? url.Scheme : $"{url.Scheme}{index + 1}"));
        OtlpGrpc = Add(options.OtlpGrpcUrl, "otlp-grpc");
        OtlpHttp = options.OtlpHttpUrl is { } http ? Add(http, "otlp-http") : null;
        Annotations.Add(new CommandLineArgsCallbackAnnotation(args => args.Add("dashboard")));
        Annotations.Add(new EnvironmentCallbackAnnotation(context => SetEnvironmentAsync(context, options, service)));
        Annotations.Add(new ResourceUrlsCallbackAnnotation(context => NameUrls(context, options)));
        Annotations.Add(new ResourceIconAnnotation("ContentView"));
        Annotations.Add(new HealthCheckAnnotation(HealthCheck));
        Annotations.Add(new ResourceSnapshotAnnotation(new CustomResourceSnapshot
        {
            ResourceType = "Executable",
            Properties = [],
            IsHidden = !options.ShowResource,
        }));
    }

    /// <summary>The name of the check that it answers; registered by <c>OrchestrationRegistration</c>.</summary>
    public const string HealthCheck = ResourceName + "_check";

    /// <summary>Where browsers go; at least one.</summary>
    public List<EndpointReference> Frontends { get; } = [];

    public EndpointReference OtlpGrpc { get; }

    public EndpointReference? OtlpHttp { get; }

    private EndpointReference Add(Uri url, string name)
    {
        var annotation = new EndpointAnnotation(ProtocolType.Tcp, uriScheme: url.Scheme, name: name, port: url.Port is 0 ? null : url.Port, isProxied: true)
        {
            TargetHost = url.Host,
        };
        Annotations.Add(annotation);
        return new EndpointReference(this, annotation, KnownNetworkIdentifiers.LocalhostNetwork);
    }

    private async Task SetEnvironmentAsync(EnvironmentCallbackContext context, DashboardOptions options, DashboardServiceHost service)
    {
        var variables = context.EnvironmentVariables;
        // One user: a small heap, and no profile of code that runs seldom.
        variables["DOTNET_TieredPGO"] = "0";
        variables["DOTNET_gcConcurrent"] = "0";
        variables["DOTNET_GCConserveMemory"] = "7";
        foreach (var (name, value) in options.PassedOn)
            variables[name] = value;

        variables["ASPNETCORE_ENVIRONMENT"] = "Production";
        var urls = new ReferenceExpressionBuilder();
        foreach (var (index, frontend) in Frontends.Index())
        {
            if (index > 0)
                urls.AppendLiteral(";");
            AppendListener(urls, frontend);
        }
        variables["ASPNETCORE_URLS"] = urls.Build();
        // Behind DCP's proxy it cannot know its own address.
        variables["DASHBOARD__FRONTEND__PUBLICURL"] = Frontends[0].Property(EndpointProperty.Url);
        variables["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Listener(OtlpGrpc);
        if (OtlpHttp is not null)
        {
            variables["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = Listener(OtlpHttp);
            variables["DASHBOARD__OTLP__CORS__ALLOWEDORIGINS"] = "*";
            variables["DASHBOARD__OTLP__CORS__ALLOWEDHEADERS"] = "*";
        }
        variables["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = await service.GetAddressAsync(context.CancellationToken).ConfigureAwait(false);
        variables["DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE"] = "ApiKey";
        variables["DASHBOARD__RESOURCESERVICECLIENT__APIKEY"] = options.ResourceServiceApiKey;

        Authenticate(variables, "FRONTEND", "BrowserToken", "BROWSERTOKEN", options.BrowserToken);
        Authenticate(variables, "OTLP", "ApiKey", "PRIMARYAPIKEY", options.OtlpApiKey);
        variables["DASHBOARD__API__ENABLED"] = "true";
        Authenticate(variables, "API", "ApiKey", "PRIMARYAPIKEY", options.OtlpApiKey);
        variables["DASHBOARD__MCP__DISABLED"] = "true";
    }

    private static void Authenticate(Dictionary<string, object> variables, string part, string mode, string setting, string? secret)
    {
        variables[$"DASHBOARD__{part}__AUTHMODE"] = secret is null ? "Unsecured" : mode;
        if (secret is not null)
            variables[$"DASHBOARD__{part}__{setting}"] = secret;
    }

    private static ReferenceExpression Listener(EndpointReference endpoint)
    {
        var url = new ReferenceExpressionBuilder();
        AppendListener(url, endpoint);
        return url.Build();
    }

    private static void AppendListener(ReferenceExpressionBuilder url, EndpointReference endpoint)
        => url.Append($"{endpoint.Property(EndpointProperty.Scheme)}://{endpoint.EndpointAnnotation.TargetHost}:{endpoint.Property(EndpointProperty.TargetPort)}");

    private static void NameUrls(ResourceUrlsCallbackContext context, DashboardOptions options)
    {
        foreach (var url in context.Urls.Where(u => u.Endpoint is not null))
        {
            var frontend = url.Endpoint!.EndpointName.StartsWith("http", StringComparison.Ordinal);
            url.DisplayText = frontend ? $"Dashboard ({url.Endpoint.EndpointName})" : url.Endpoint.EndpointName;
            if (frontend && options.BrowserToken is { } token)
                url.Url = $"{url.Url}/login?t={token}";
        }
    }
}
