using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// The service that the dashboard asks for resources, console logs and commands: gRPC in clear on the loopback interface,
/// open to those who know the key that only the dashboard is given.
/// </summary>
internal sealed class DashboardServiceHost(
    ResourceNotificationService notifications,
    ResourceLoggerService loggers,
    ResourceCommandService commands,
    DashboardOptions options) : IAsyncDisposable
{
    private const string Prefix = "/aspire.v1.DashboardService/";
    private const int LinesPerMessage = 200;

    private readonly ResourceFeed _feed = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _app;
    private Task? _following;
    private int _disposed;

    /// <summary>Starts to serve, on a port of its own, and returns the address.</summary>
    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        // Empty: neither this process's settings nor its variables (the dashboard's ASPNETCORE_URLS) are about this server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // Nor are its requests of interest to whoever reads the AppHost's log.
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.Listen(IPAddress.Loopback, options.ResourceServicePort, listen => listen.Protocols = HttpProtocols.Http2);
            server.Limits.MinRequestBodyDataRate = null;
        });
        _app = builder.Build();
        _app.Run(context => GrpcCall.RunAsync(context, call => DispatchAsync(context, call)));
        _following = _feed.FollowAsync(notifications, _stopping.Token);
        await _app.StartAsync(cancellationToken).ConfigureAwait(false);
        var address = _app.Urls.First();
        _address.TrySetResult(address);
        return address;
    }

    /// <summary>The address, once <see cref="StartAsync"/> has one.</summary>
    public Task<string> GetAddressAsync(CancellationToken cancellationToken) => _address.Task.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_app is not null)
        {
            // The dashboard's watches end with the token above; there is nothing to wait for.
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            await _app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _app.DisposeAsync().ConfigureAwait(false);
        }
        if (_following is not null)
            await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private Task DispatchAsync(HttpContext context, GrpcCall call)
    {
        Authenticate(context);
        var path = context.Request.Path.Value ?? "";
        return path.StartsWith(Prefix, StringComparison.Ordinal) ? path[Prefix.Length..] switch
        {
            "GetApplicationInformation" => GetApplicationInformationAsync(call),
            "WatchResources" => WatchResourcesAsync(call),
            "WatchResourceConsoleLogs" => WatchConsoleLogsAsync(call),
            "ExecuteResourceCommand" => ExecuteCommandAsync(call),
            "WatchInteractions" => WatchInteractionsAsync(call),
            var method => throw new GrpcException(GrpcStatus.Unimplemented, $"The method '{method}' is not offered."),
        } : throw new GrpcException(GrpcStatus.Unimplemented, $"The service '{path}' is not offered.");
    }

    private void Authenticate(HttpContext context)
    {
        var given = Encoding.UTF8.GetBytes(context.Request.Headers["x-resource-service-api-key"].ToString());
        if (!CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(options.ResourceServiceApiKey)))
            throw new GrpcException(GrpcStatus.Unauthenticated, "The resource service's API key is missing or wrong.");
    }

    private async Task GetApplicationInformationAsync(GrpcCall call)
    {
        await call.ReadAsync(ApplicationInformationRequest.Parser).ConfigureAwait(false);
        await call.WriteAsync(new ApplicationInformationResponse { ApplicationName = options.ApplicationName }).ConfigureAwait(false);
    }

    private async Task WatchResourcesAsync(GrpcCall call)
    {
        await call.ReadAsync(WatchResourcesRequest.Parser).ConfigureAwait(false);
        using var ended = EndOf(call);
        var (now, changes) = _feed.Subscribe();
        try
        {
            await call.WriteAsync(new WatchResourcesUpdate { InitialData = new InitialResourceData { Resources = { now } } }).ConfigureAwait(false);
            while (await changes.Reader.WaitToReadAsync(ended.Token).ConfigureAwait(false))
            {
                var update = new WatchResourcesChanges();
                while (changes.Reader.TryRead(out var change))
                    update.Value.Add(change);
                await call.WriteAsync(new WatchResourcesUpdate { Changes = update }).ConfigureAwait(false);
            }
        }
        finally
        {
            _feed.Unsubscribe(changes);
        }
    }

    private async Task WatchConsoleLogsAsync(GrpcCall call)
    {
        var request = await call.ReadAsync(WatchResourceConsoleLogsRequest.Parser).ConfigureAwait(false);
        using var ended = EndOf(call);
        var lines = request.SuppressFollow ? loggers.GetAllAsync(request.ResourceName) : loggers.WatchAsync(request.ResourceName);
        await foreach (var batch in lines.WithCancellation(ended.Token).ConfigureAwait(false))
        {
            foreach (var part in batch.Chunk(LinesPerMessage))
            {
                var update = new WatchResourceConsoleLogsUpdate();
                update.LogLines.AddRange(part.Select(l => new ConsoleLogLine { Text = l.Content, IsStdErr = l.IsErrorMessage, LineNumber = l.LineNumber }));
                await call.WriteAsync(update).ConfigureAwait(false);
            }
        }
    }

    private async Task ExecuteCommandAsync(GrpcCall call)
    {
        var request = await call.ReadAsync(ResourceCommandRequest.Parser).ConfigureAwait(false);
        var result = await commands.ExecuteCommandAsync(request.ResourceName, request.CommandName, call.CancellationToken).ConfigureAwait(false);
        var response = new ResourceCommandResponse
        {
            Kind = result.Success ? ResourceCommandResponseKind.Succeeded
                : result.Canceled ? ResourceCommandResponseKind.Cancelled : ResourceCommandResponseKind.Failed,
        };
        if (result.Message is { } message)
            (response.Message, response.ErrorMessage) = (message, message);
        await call.WriteAsync(response).ConfigureAwait(false);
    }

    /// <summary>The dashboard holds this call open as long as it lives; this AppHost has nothing to ask its user.</summary>
    private async Task WatchInteractionsAsync(GrpcCall call)
    {
        using var ended = EndOf(call);
        await call.StartAsync().ConfigureAwait(false);
        await Task.Delay(Timeout.Infinite, ended.Token).ConfigureAwait(false);
    }

    /// <summary>Cancelled when the caller hangs up or the application stops.</summary>
    private CancellationTokenSource EndOf(GrpcCall call) => CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, _stopping.Token);
}
