namespace Aspire.Hosting.ApplicationModel;

/// <summary>A command that is an HTTP request to the resource.</summary>
public class HttpCommandOptions : CommandOptions
{
    /// <summary>The endpoint to send to; the resource's first http(s) one by default.</summary>
    public Func<EndpointReference>? EndpointSelector { get; set; }

    /// <summary>POST by default.</summary>
    public HttpMethod? Method { get; set; }

    /// <summary>The named client that sends it.</summary>
    public string? HttpClientName { get; set; }

    /// <summary>Completes the request before it is sent: headers, a body.</summary>
    public Func<HttpCommandRequestContext, Task>? PrepareRequest { get; set; }

    /// <summary>Judges the response; by default a status of 2xx is success.</summary>
    public Func<HttpCommandResultContext, Task<ExecuteCommandResult>>? GetCommandResult { get; set; }

    /// <summary>Whether and how the response's body is the command's data.</summary>
    public HttpCommandResultMode ResultMode { get; set; }
}

/// <summary>How the body of a response becomes a command's data.</summary>
public enum HttpCommandResultMode
{
    None = 0,

    /// <summary>By its content type.</summary>
    Auto = 1,
    Json = 2,
    Text = 3,
}

/// <summary>A command's request before it is sent.</summary>
public sealed class HttpCommandRequestContext
{
    public required IServiceProvider ServiceProvider { get; init; }

    public required string ResourceName { get; init; }

    public required EndpointReference Endpoint { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    public required HttpClient HttpClient { get; init; }

    public required HttpRequestMessage Request { get; init; }
}

/// <summary>The response to a command's request.</summary>
public sealed class HttpCommandResultContext
{
    public required IServiceProvider ServiceProvider { get; init; }

    public required string ResourceName { get; init; }

    public required EndpointReference Endpoint { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    public required HttpClient HttpClient { get; init; }

    public required HttpResponseMessage Response { get; init; }
}
