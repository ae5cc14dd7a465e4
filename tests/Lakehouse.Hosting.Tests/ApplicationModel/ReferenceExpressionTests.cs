using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting.Tests.ApplicationModel;

public sealed class ReferenceExpressionTests
{
    [Fact]
    public async Task Holes_are_values_when_it_runs_and_expressions_in_the_manifest()
    {
        var password = new ParameterResource("password", _ => "p{w}d", secret: true);
        var expression = ReferenceExpression.Create($"Password={password};Literal={"{"}");
        Assert.Equal("Password=p{w}d;Literal={", await expression.GetValueAsync(default));
        Assert.Equal("Password={password.value};Literal={", expression.ValueExpression);
    }

    [Fact]
    public async Task The_format_uri_percent_encodes()
    {
        var password = new ParameterResource("password", _ => "a/b c");
        var expression = ReferenceExpression.Create($"postgresql://u:{password:uri}@h");
        Assert.Equal("postgresql://u:a%2Fb%20c@h", await expression.GetValueAsync(default));
    }

    [Fact]
    public async Task A_builder_gives_what_the_interpolated_string_gives()
    {
        var user = new ParameterResource("user", _ => "ann");
        var builder = new ReferenceExpressionBuilder();
        builder.AppendLiteral("Username=");
        builder.Append($"{user};Braces={{}}");
        ReferenceExpression expression = builder.Build();
        Assert.Equal("Username=ann;Braces={}", await expression.GetValueAsync(default));
        Assert.Equal("Username={user.value};Braces={}", expression.ValueExpression);
    }

    [Fact]
    public async Task A_choice_follows_its_condition_each_time()
    {
        var container = new ContainerResource("cache");
        var annotation = new EndpointAnnotation(ProtocolType.Tcp, name: "tcp");
        container.Annotations.Add(annotation);
        ReferenceExpression ssl = container.GetEndpoint("tcp").GetTlsValue(ReferenceExpression.Create($",ssl=true"), ReferenceExpression.Empty);
        Assert.Null(await ssl.GetValueAsync(default));
        annotation.TlsEnabled = true;
        Assert.Equal(",ssl=true", await ssl.GetValueAsync(default));
        Assert.StartsWith("{cond-cache-bindings-tcp-tlsenabled-", ssl.ValueExpression, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_is_seen_from_the_network_of_whoever_asks()
    {
        var server = new ContainerResource("server");
        var endpoint = new EndpointAnnotation(ProtocolType.Tcp, uriScheme: "http", targetPort: 8080);
        server.Annotations.Add(endpoint);
        var expression = ReferenceExpression.Create($"{server.GetEndpoint("http")}");
        Task<string?> waiting = expression.GetValueAsync(default).AsTask();
        Assert.False(waiting.IsCompleted);

        endpoint.AllocatedEndpoint = new(endpoint, "localhost", 5001);
        endpoint.AllAllocatedEndpoints.AddOrUpdateAllocatedEndpoint(
            KnownNetworkIdentifiers.DefaultAspireContainerNetwork,
            new(endpoint, "server.dev.internal", 8080, EndpointBindingMode.SingleAddress, null, KnownNetworkIdentifiers.DefaultAspireContainerNetwork));
        Assert.Equal("http://localhost:5001", await waiting);

        var container = new ContainerResource("client");
        container.Annotations.Add(new ContainerImageAnnotation { Image = "client" });
        Assert.Equal("http://server.dev.internal:8080", await expression.GetValueAsync(new() { Caller = container }, default));
    }

    [Fact]
    public void An_endpoint_that_does_not_exist_is_named_with_those_that_do()
    {
        var server = new ContainerResource("server");
        server.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: "admin"));
        var missing = Assert.Throws<InvalidOperationException>(() => server.GetEndpoint("http").EndpointAnnotation);
        Assert.Contains("'http'", missing.Message, StringComparison.Ordinal);
        Assert.Contains("'admin'", missing.Message, StringComparison.Ordinal);
    }
}
