using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lakehouse.ServiceDefaults.Tests;

/// <summary>A small service on the defaults, on a port of its own.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private TestService(WebApplication app) => App = app;

    public WebApplication App { get; }

    public IServiceProvider Services => App.Services;

    public Uri Address => new(App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<TestService> StartAsync(
        Action<WebApplication>? map = null, Action<WebApplicationBuilder>? configure = null, params (string Key, string? Value)[] settings)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => s.Value));
        builder.AddServiceDefaults();
        configure?.Invoke(builder);
        WebApplication app = builder.Build();
        app.MapDefaultEndpoints();
        map?.Invoke(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestService(app);
    }

    /// <summary>A client of the service's own factory: with discovery and resilience.</summary>
    public HttpClient Client() => Services.GetRequiredService<IHttpClientFactory>().CreateClient();

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
