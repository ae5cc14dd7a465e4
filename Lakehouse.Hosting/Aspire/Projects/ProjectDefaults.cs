using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>
/// What every project gets, as Aspire gives it: telemetry, endpoints from Kestrel's configuration or else from the launch
/// profile, and the variables that tell it where to listen.
/// </summary>
internal static class ProjectDefaults
{
    public static IResourceBuilder<ProjectResource> Apply(IResourceBuilder<ProjectResource> builder, ProjectResourceOptions options)
    {
        ProjectResource project = builder.Resource;
        bool isRun = builder.ApplicationBuilder.ExecutionContext.IsRunMode;
        AddTelemetry(builder, isRun);
        if (!isRun)
            TrustForwardedHeaders(builder);

        AnnotateProfile(builder, options);
        (string Name, LaunchProfile Profile)? launch = LaunchProfiles.Effective(project);
        KestrelConfiguration kestrel = KestrelConfiguration.Of(project.GetProjectMetadata().ProjectPath);
        IReadOnlyList<KestrelEndpoint> kestrelEndpoints = options.ExcludeKestrelEndpoints ? [] : kestrel.Endpoints;
        AddKestrelEndpoints(builder, kestrelEndpoints, isRun);
        if (kestrelEndpoints.Count > 0)
            OverrideKestrelUrls(builder, isRun);
        if (isRun)
        {
            if (kestrelEndpoints.Count == 0)
            {
                SetUrls(builder);
                AddLaunchEndpoints(builder, launch?.Profile, kestrel.DefaultsToHttp2);
            }

            ApplyLaunchProfile(builder, launch);
        }
        else
        {
            if (kestrelEndpoints.Count == 0)
                SetPorts(builder);
            if (launch?.Profile.ApplicationUrl is not null || kestrelEndpoints.Count > 0)
                AddDeployedEndpoints(builder, kestrel.DefaultsToHttp2);
        }

        return builder;
    }

    private static void AddTelemetry(IResourceBuilder<ProjectResource> builder, bool isRun)
    {
        builder.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (isRun && builder.ApplicationBuilder.Environment.IsDevelopment())
        {
            builder.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "true");
            builder.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "true");
        }

        builder.WithOtlpExporter();
        if (isRun)
        {
            // The dashboard shows colours, and every line begins with its category.
            builder.WithEnvironment("DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION", "true");
            builder.WithEnvironment("LOGGING__CONSOLE__FORMATTERNAME", "simple");
        }
    }

    private static void TrustForwardedHeaders(IResourceBuilder<ProjectResource> builder) => builder.WithEnvironment(context =>
    {
        if (builder.Resource.HasAnnotationOfType<EndpointAnnotation>() && !builder.Resource.HasAnnotationOfType<DisableForwardedHeadersAnnotation>())
            context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
    });

    private static void AnnotateProfile(IResourceBuilder<ProjectResource> builder, ProjectResourceOptions options)
    {
        if (options.ExcludeLaunchProfile)
            builder.WithAnnotation(new ExcludeLaunchProfileAnnotation());
        else if (!string.IsNullOrEmpty(options.LaunchProfileName))
            builder.WithAnnotation(new LaunchProfileAnnotation(options.LaunchProfileName));
        else if ((builder.ApplicationBuilder.Configuration["AppHost:DefaultLaunchProfileName"] ?? builder.ApplicationBuilder.Configuration["DOTNET_LAUNCH_PROFILE"]) is { Length: > 0 } common)
            builder.WithAnnotation(new DefaultLaunchProfileAnnotation(common));
    }

    // Endpoints are called after their scheme, and by their own name only where several share one.
    private static void AddKestrelEndpoints(IResourceBuilder<ProjectResource> builder, IReadOnlyList<KestrelEndpoint> endpoints, bool isRun)
    {
        foreach (IGrouping<string, KestrelEndpoint> scheme in endpoints.GroupBy(endpoint => endpoint.Url.Scheme))
        {
            foreach (KestrelEndpoint endpoint in scheme)
            {
                builder.WithEndpoint(scheme.Count() == 1 ? scheme.Key : endpoint.Name, annotation =>
                {
                    // Replicas share the clients' port; deployed, only the process's own port is ours to name.
                    if (isRun)
                        annotation.Port = endpoint.Url.Port;
                    else
                        annotation.TargetPort = endpoint.Url.Port;
                    annotation.UriScheme = endpoint.Url.Scheme;
                    annotation.TargetHost = Host(endpoint.Url.Host);
                    if (endpoint.IsHttp2)
                        annotation.Transport = "http2";
                    builder.Resource.KestrelHosts[annotation] = annotation.TargetHost;
                });
            }
        }
    }

    private static void OverrideKestrelUrls(IResourceBuilder<ProjectResource> builder, bool isRun) => builder.WithEnvironment(context =>
    {
        foreach (EndpointReference endpoint in builder.Resource.GetEndpoints().Where(builder.Resource.IsToldOf))
        {
            EndpointAnnotation annotation = endpoint.EndpointAnnotation;
            if (annotation == builder.Resource.DefaultHttpsEndpoint)
                continue;
            string host = isRun && builder.Resource.KestrelHosts.TryGetValue(annotation, out string? configured) ? configured : "*";
            context.EnvironmentVariables[$"Kestrel__Endpoints__{annotation.Name}__Url"] =
                ReferenceExpression.Create($"{annotation.UriScheme}://{host}:{endpoint.Property(EndpointProperty.TargetPort)}");
        }
    });

    private static void AddLaunchEndpoints(IResourceBuilder<ProjectResource> builder, LaunchProfile? profile, bool isHttp2)
    {
        var counts = new Dictionary<string, int>();
        foreach (string text in profile?.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            ListenUrl url = ListenUrl.Parse(text);
            int count = counts[url.Scheme] = counts.GetValueOrDefault(url.Scheme) + 1;
            builder.WithEndpoint(count == 1 ? url.Scheme : $"{url.Scheme}{count}", annotation =>
            {
                annotation.Port = url.Port;
                annotation.TargetHost = Host(url.Host);
                annotation.UriScheme = url.Scheme;
                annotation.FromLaunchProfile = true;
                if (isHttp2)
                    annotation.Transport = "http2";
            });
        }

        if (Uri.TryCreate(profile?.LaunchUrl, UriKind.RelativeOrAbsolute, out Uri? launchUrl))
            builder.WithUrls(context => OpenAt(context, launchUrl));
    }

    // The dashboard's links lead where the profile would have opened a browser.
    private static void OpenAt(ResourceUrlsCallbackContext context, Uri launchUrl)
    {
        foreach (ResourceUrlAnnotation link in context.Urls.Where(link => link.Endpoint is { Exists: true, EndpointAnnotation.FromLaunchProfile: true }))
            link.Url = launchUrl.IsAbsoluteUri && !launchUrl.IsFile ? launchUrl.ToString() : new Uri(new Uri(link.Url), launchUrl.OriginalString).ToString();
    }

    private static void ApplyLaunchProfile(IResourceBuilder<ProjectResource> builder, (string Name, LaunchProfile Profile)? launch)
    {
        if (launch is not { } chosen)
            return;
        if (!string.IsNullOrWhiteSpace(chosen.Profile.CommandLineArgs))
            builder.WithArgs([.. CommandLine.Split(chosen.Profile.CommandLineArgs)]);
        builder.WithEnvironment(context =>
        {
            context.EnvironmentVariables.TryAdd("DOTNET_LAUNCH_PROFILE", chosen.Name);
            foreach ((string name, string value) in chosen.Profile.EnvironmentVariables)
                context.EnvironmentVariables.TryAdd(name, Environment.ExpandEnvironmentVariables(value));
        });
    }

    private static void SetUrls(IResourceBuilder<ProjectResource> builder) => builder.WithEnvironment(context =>
    {
        if (context.EnvironmentVariables.ContainsKey("ASPNETCORE_URLS"))
            return;
        var urls = new ReferenceExpressionBuilder();
        foreach (EndpointReference endpoint in builder.Resource.GetEndpoints().Where(builder.Resource.IsToldOf))
        {
            // Redirections to https lead to the proxy's port and not to the process's own.
            if (endpoint.Scheme == "https")
                context.EnvironmentVariables.TryAdd("ASPNETCORE_HTTPS_PORT", endpoint.Property(EndpointProperty.Port));
            if (!urls.IsEmpty)
                urls.AppendLiteral(";");
            urls.Append($"{endpoint.Property(EndpointProperty.Scheme)}://{endpoint.EndpointAnnotation.TargetHost}:{endpoint.Property(EndpointProperty.TargetPort)}");
        }

        if (!urls.IsEmpty)
            context.EnvironmentVariables["ASPNETCORE_URLS"] = urls.Build();
    });

    private static void SetPorts(IResourceBuilder<ProjectResource> builder) => builder.WithEnvironment(context =>
    {
        foreach ((string variable, string scheme) in new[] { ("HTTP_PORTS", "http"), ("HTTPS_PORTS", "https") })
        {
            if (context.EnvironmentVariables.ContainsKey(variable))
                continue;
            var ports = new ReferenceExpressionBuilder();
            foreach (EndpointReference endpoint in builder.Resource.GetEndpoints().Where(builder.Resource.IsToldOf))
            {
                if (endpoint.Scheme != scheme || endpoint.EndpointAnnotation == builder.Resource.DefaultHttpsEndpoint)
                    continue;
                if (!ports.IsEmpty)
                    ports.AppendLiteral(";");
                ports.Append($"{endpoint.Property(EndpointProperty.TargetPort)}");
            }

            if (!ports.IsEmpty)
                context.EnvironmentVariables[variable] = ports.Build();
        }
    });

    // A web project is deployed with an http and an https endpoint on one port, whatever its launch profile listens on.
    private static void AddDeployedEndpoints(IResourceBuilder<ProjectResource> builder, bool isHttp2)
    {
        EndpointAnnotation http = FindOrAdd("http");
        EndpointAnnotation https = FindOrAdd("https");
        int? targetPort = http.TargetPort ?? https.TargetPort;
        (http.TargetPort, https.TargetPort) = (targetPort, targetPort);

        EndpointAnnotation FindOrAdd(string scheme)
        {
            if (Find(scheme) is { } existing)
                return existing;
            builder.WithEndpoint(scheme, annotation =>
            {
                annotation.UriScheme = scheme;
                if (isHttp2)
                    annotation.Transport = "http2";
                if (scheme == "https")
                    builder.Resource.DefaultHttpsEndpoint = annotation;
            });
            return Find(scheme)!;
        }

        EndpointAnnotation? Find(string scheme) => builder.Resource.Annotations.OfType<EndpointAnnotation>()
            .FirstOrDefault(annotation => annotation.UriScheme == scheme || string.Equals(annotation.Name, scheme, StringComparison.OrdinalIgnoreCase));
    }

    private static string Host(string host) => string.Equals(host, KnownHostNames.Localhost, StringComparison.OrdinalIgnoreCase) ? KnownHostNames.Localhost : host;
}
