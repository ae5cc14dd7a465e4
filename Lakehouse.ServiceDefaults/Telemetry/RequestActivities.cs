using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Lakehouse.ServiceDefaults.Telemetry;

/// <summary>
/// Gives ASP.NET Core's own activity of a request the attributes of OpenTelemetry's semantic conventions for HTTP servers,
/// and keeps probes of health out of the traces.
/// </summary>
internal sealed class RequestActivities : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(DescribeAsync);
        next(app);
    };

    private static async Task DescribeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } activity)
        {
            await next(context).ConfigureAwait(false);
            return;
        }
        HttpRequest request = context.Request;
        if (request.Path.Equals(ServiceDefaultsExtensions.HealthPath) || request.Path.Equals(ServiceDefaultsExtensions.AlivePath))
        {
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            activity.IsAllDataRequested = false;
            await next(context).ConfigureAwait(false);
            return;
        }
        activity.SetTag("http.request.method", request.Method).SetTag("url.scheme", request.Scheme).SetTag("url.path", request.Path.Value)
            .SetTag("server.address", request.Host.Host).SetTag("server.port", request.Host.Port);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            string? route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            activity.DisplayName = route is null ? request.Method : $"{request.Method} {route}";
            int status = context.Response.StatusCode;
            activity.SetTag("http.route", route).SetTag("http.response.status_code", status);
            if (status >= StatusCodes.Status500InternalServerError) activity.SetStatus(ActivityStatusCode.Error);
        }
    }
}
