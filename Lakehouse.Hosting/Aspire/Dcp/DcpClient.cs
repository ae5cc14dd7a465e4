using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// Speaks with DCP's API, which is Kubernetes' style of API over HTTPS on the loopback interface: objects by kind and name,
/// watches, and the logs of executables and containers.
/// </summary>
internal sealed class DcpClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>A client of the server that <paramref name="kubeconfig"/> names; trusts that server's authority only.</summary>
    public DcpClient(DcpKubeconfig kubeconfig)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(kubeconfig.AuthorityPem);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = true,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(kubeconfig.Server.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", kubeconfig.Token);
    }

    /// <summary>Returns if the API answers.</summary>
    /// <exception cref="HttpRequestException">It does not (yet).</exception>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(DcpApi.Root, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Creates an object and returns it as DCP stored it.</summary>
    /// <exception cref="DcpException">DCP refused it; an object of this kind and name exists, for example.</exception>
    public async Task<T> CreateAsync<T>(T value, CancellationToken cancellationToken) where T : class, IDcpObject, IDcpKind
    {
        var body = JsonSerializer.SerializeToNode(value, DcpApi.Json)!.AsObject();
        body["kind"] = T.Kind;
        var created = await SendAsync(HttpMethod.Post, Path<T>(), body, Json, cancellationToken).ConfigureAwait(false);
        return Read<T>(created!);
    }

    /// <summary>The object of this name; null if there is none.</summary>
    public async Task<T?> GetAsync<T>(string name, CancellationToken cancellationToken) where T : class, IDcpObject, IDcpKind
    {
        try
        {
            return Read<T>((await SendAsync(HttpMethod.Get, Path<T>(name), null, Json, cancellationToken).ConfigureAwait(false))!);
        }
        catch (DcpException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Changes parts of an object (RFC 7396, JSON Merge Patch).</summary>
    public async Task PatchAsync<T>(string name, JsonObject patch, CancellationToken cancellationToken) where T : class, IDcpObject, IDcpKind
        => await SendAsync(HttpMethod.Patch, Path<T>(name), patch, MergePatch, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Deletes an object and waits until it is gone: DCP first stops what it stands for, which can take the ten seconds a
    /// process is given to stop. Does nothing if there is none.
    /// </summary>
    public async Task DeleteAsync<T>(string name, CancellationToken cancellationToken) where T : class, IDcpObject, IDcpKind
    {
        try
        {
            await SendAsync(HttpMethod.Delete, Path<T>(name), null, Json, cancellationToken).ConfigureAwait(false);
        }
        catch (DcpException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return;
        }
        while (await GetAsync<T>(name, cancellationToken).ConfigureAwait(false) is not null)
            await Task.Delay(50, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Every object of the kind, then every change of one, until cancelled or the connection ends.</summary>
    public async IAsyncEnumerable<DcpWatchEvent<T>> WatchAsync<T>([EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IDcpObject, IDcpKind
    {
        await foreach (var line in LinesAsync(Path<T>() + "?watch=true", cancellationToken).ConfigureAwait(false))
        {
            var change = JsonNode.Parse(line)!;
            // BOOKMARK and ERROR carry no object of this kind.
            if ((string?)change["type"] is "ADDED" or "MODIFIED" or "DELETED")
                yield return new DcpWatchEvent<T>((string)change["type"]!, Read<T>(change["object"]!));
        }
    }

    /// <summary>The lines of a log, each after its time of writing (RFC 3339); with <paramref name="follow"/> until the object ends.</summary>
    /// <param name="name">The executable or container.</param>
    /// <param name="source"><c>stdout</c>, <c>stderr</c> or <c>system</c> (what DCP itself did for it).</param>
    /// <param name="follow">Whether to wait for further lines.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<string> LogAsync<T>(string name, string source, bool follow, CancellationToken cancellationToken)
        where T : class, IDcpObject, IDcpKind
        => LinesAsync($"{Path<T>(name)}/log?source={source}&follow={(follow ? "true" : "false")}&timestamps=true", cancellationToken);

    /// <summary>What DCP as a whole does: <c>Running</c>, <c>CleaningResources</c>, <c>CleanupComplete</c>, <c>Stopping</c>.</summary>
    public async Task<string?> GetExecutionStatusAsync(CancellationToken cancellationToken)
        => (string?)(await SendAsync(HttpMethod.Get, "admin/execution", null, Json, cancellationToken).ConfigureAwait(false))?["status"];

    /// <summary>Asks DCP as a whole to clean up or to stop.</summary>
    public async Task SetExecutionStatusAsync(string status, CancellationToken cancellationToken)
        => await SendAsync(HttpMethod.Patch, "admin/execution",
            new JsonObject { ["status"] = status, ["shutdownResourceCleanup"] = "Full" }, MergePatch, cancellationToken).ConfigureAwait(false);

    public void Dispose() => _http.Dispose();

    // Without a charset: /admin answers 415 to one.
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeHeaderValue MergePatch = new("application/merge-patch+json");

    private static string Path<T>() where T : IDcpKind => $"{DcpApi.Root}/{T.Plural}";

    private static string Path<T>(string name) where T : IDcpKind => $"{DcpApi.Root}/{T.Plural}/{Uri.EscapeDataString(name)}";

    private static T Read<T>(JsonNode node) => node.Deserialize<T>(DcpApi.Json)!;

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body, MediaTypeHeaderValue type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString()));
            request.Content.Headers.ContentType = type;
        }
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new DcpException($"DCP answered {(int)response.StatusCode} to {method} {path}: {Reason(text)}") { StatusCode = response.StatusCode };
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    /// <summary>The sentence in a Kubernetes-style error; the text itself if it is none.</summary>
    private static string Reason(string text)
    {
        try
        {
            return (string?)JsonNode.Parse(text)?["message"] ?? text;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return text;
        }
    }

    private async IAsyncEnumerable<string> LinesAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new DcpException($"DCP answered {(int)response.StatusCode} to GET {path}: {Reason(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false))}")
            {
                StatusCode = response.StatusCode,
            };
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            yield return line;
    }
}
