using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dashboard.Protocol;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;

namespace Lakehouse.Hosting.Tests.Dashboard;

/// <summary>The dashboard's side of the wire, spoken by hand: what a gRPC client sends and must get.</summary>
public sealed class ResourceServiceTests : IAsyncLifetime
{
    private const string Key = "key";

    private readonly HttpClient _http = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private DistributedApplication _app = null!;
    private DashboardServiceHost _service = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        builder.AddResource(new Widget("widget")).WithCommand("polish", "Polish", _ => Task.FromResult(CommandResults.Success("shiny")));
        _app = builder.Build();
        _service = new DashboardServiceHost(
            _app.ResourceNotifications, _app.Services.GetRequiredService<ResourceLoggerService>(), _app.ResourceCommands,
            new DashboardOptions { ApplicationName = "Shop", Urls = [], OtlpGrpcUrl = new("http://localhost:0"), PassedOn = new Dictionary<string, string>(), ResourceServiceApiKey = Key });
        _http.BaseAddress = new Uri(await _service.StartAsync(Playground.Deadline));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _service.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task The_application_tells_its_name()
    {
        using var call = await CallAsync("GetApplicationInformation", new ApplicationInformationRequest());
        Assert.Equal("Shop", (await ReadAsync(call, ApplicationInformationResponse.Parser)).ApplicationName);
        Assert.Equal("0", await StatusAsync(call));
    }

    [Theory]
    [InlineData(null, "GetApplicationInformation", "16")]
    [InlineData("wrong", "WatchResources", "16")]
    [InlineData(Key, "NoSuchMethod", "12")]
    public async Task Callers_without_the_key_and_methods_that_are_not_there_are_refused(string? key, string method, string status)
    {
        using var call = await CallAsync(method, new ApplicationInformationRequest(), key);
        Assert.Equal(status, await StatusAsync(call));
    }

    [Fact]
    public async Task Resources_come_first_as_they_are_and_then_as_they_change()
    {
        await PublishAsync(s => s with { State = "Polishing" });
        using var call = await CallAsync("WatchResources", new WatchResourcesRequest());
        var first = await ReadAsync(call, WatchResourcesUpdate.Parser);
        Assert.Equal(("widget", "Widget", "Polishing"), Assert.Single(first.InitialData.Resources) is { } r ? (r.Name, r.ResourceType, r.State) : default);

        await PublishAsync(s => s with { State = "Polished", Urls = [new UrlSnapshot("http", "http://localhost:1", false)] });
        while (true)
        {
            var changed = (await ReadAsync(call, WatchResourcesUpdate.Parser)).Changes.Value[^1].Upsert;
            if (changed.State != "Polished")
                continue;
            Assert.NotNull(Assert.Single(changed.Urls).DisplayProperties);
            Assert.Equal("polish", Assert.Single(changed.Commands).Name);
            break;
        }
    }

    [Fact]
    public async Task Console_lines_come_with_their_numbers_and_kind()
    {
        var loggers = _app.Services.GetRequiredService<ResourceLoggerService>();
        loggers.Append("widget", DateTime.UtcNow, "out", isError: false);
        loggers.Append("widget", DateTime.UtcNow, "err", isError: true);
        using var call = await CallAsync("WatchResourceConsoleLogs", new WatchResourceConsoleLogsRequest { ResourceName = "widget", SuppressFollow = true });
        var lines = (await ReadAsync(call, WatchResourceConsoleLogsUpdate.Parser)).LogLines;
        Assert.Equal([(1, false), (2, true)], lines.Select(l => (l.LineNumber, l.IsStdErr)));
        Assert.EndsWith(" out", lines[0].Text, StringComparison.Ordinal);
        Assert.Equal("0", await StatusAsync(call));
    }

    [Fact]
    public async Task A_command_runs_and_its_answer_comes_back()
    {
        await PublishAsync(s => s with { State = "Ready" });
        using var call = await CallAsync("ExecuteResourceCommand", new ResourceCommandRequest { ResourceName = "widget", CommandName = "polish" });
        var answer = await ReadAsync(call, ResourceCommandResponse.Parser);
        Assert.Equal((ResourceCommandResponseKind.Succeeded, "shiny"), (answer.Kind, answer.Message));
    }

    [Fact]
    public async Task A_message_that_ends_before_its_length_is_refused()
    {
        using var call = await SendAsync("GetApplicationInformation", [0, 0, 0, 0, 9, 1, 2], Key);
        Assert.Equal("3", await StatusAsync(call));
    }

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
        => _app.ResourceNotifications.PublishUpdateAsync(_app.Resource("widget"), change);

    private Task<HttpResponseMessage> CallAsync(string method, IMessage message, string? key = Key)
    {
        var body = message.ToByteArray();
        var framed = new byte[5 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), (uint)body.Length);
        body.CopyTo(framed, 5);
        return SendAsync(method, framed, key);
    }

    private Task<HttpResponseMessage> SendAsync(string method, byte[] framed, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/aspire.v1.DashboardService/{method}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ByteArrayContent(framed);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (key is not null)
            request.Headers.Add("x-resource-service-api-key", key);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Playground.Deadline);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, MessageParser<T> parser) where T : IMessage<T>
    {
        var stream = await response.Content.ReadAsStreamAsync(Playground.Deadline);
        var prefix = new byte[5];
        await stream.ReadExactlyAsync(prefix, Playground.Deadline);
        var body = new byte[BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1))];
        await stream.ReadExactlyAsync(body, Playground.Deadline);
        return parser.ParseFrom(body);
    }

    private static async Task<string> StatusAsync(HttpResponseMessage response)
    {
        await (await response.Content.ReadAsStreamAsync(Playground.Deadline)).CopyToAsync(Stream.Null, Playground.Deadline);
        return response.TrailingHeaders.GetValues("grpc-status").Single();
    }

    private sealed class Widget(string name) : Aspire.Hosting.ApplicationModel.Resource(name);
}
