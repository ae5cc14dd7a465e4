using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lakehouse.Testing.S3;

/// <summary>What a <see cref="FaultProxy"/> does to a request.</summary>
public enum HttpFault
{
    /// <summary>It passes.</summary>
    None,

    /// <summary>The server never sees it: 503 SlowDown.</summary>
    SlowDown,

    /// <summary>The server never sees it: 501 NotImplemented.</summary>
    NotImplemented,

    /// <summary>The server never sees it, and the client hears that it was done: 200.</summary>
    FalseSuccess,

    /// <summary>The server never sees it: the connection is reset.</summary>
    ResetBefore,

    /// <summary>The server does it, and the connection is reset before the answer.</summary>
    LostAnswer,

    /// <summary>The server does it, and the answer is that something else failed: 500.</summary>
    FalseFailure,

    /// <summary>The server does it, and the connection is reset in the middle of the answer's body.</summary>
    ResetInBody,

    /// <summary>The server does it, and half the answer's body never comes.</summary>
    StalledBody,
}

/// <summary>A request as a plan of faults sees it.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Method">GET, PUT, …</param>
/// <param name="Target">The path with its query.</param>
/// <param name="Head">The lines of the request's head.</param>
public sealed record ProxiedRequest(int Number, string Method, string Target, string Head)
{
    /// <summary>Whether it is a put-if-absent.</summary>
    public bool IsConditional => Head.Contains("If-None-Match:", StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// Stands between a client and an S3 server and spoils requests by a plan. One request a connection, passed on byte for byte, so that
/// signatures hold.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _server;
    private readonly Func<ProxiedRequest, HttpFault> _plan;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private int _requests;

    /// <summary>A proxy before <paramref name="server"/>, listening.</summary>
    public FaultProxy(Uri server, Func<ProxiedRequest, HttpFault> plan)
    {
        (_server, _plan) = (server, plan);
        _listener.Start();
        Endpoint = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"));
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients are to go.</summary>
    public Uri Endpoint { get; }

    /// <summary>Requests that came.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>A plan that spoils a fraction of all requests, each way as often.</summary>
    public static Func<ProxiedRequest, HttpFault> Randomly(int seed, double fraction)
    {
        HttpFault[] faults = [HttpFault.SlowDown, HttpFault.ResetBefore, HttpFault.LostAnswer, HttpFault.FalseFailure, HttpFault.ResetInBody, HttpFault.StalledBody];
        Random random = new(seed);
        return _ =>
        {
            lock (random) return random.NextDouble() < fraction ? faults[random.Next(faults.Length)] : HttpFault.None;
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Task serving = ServeAsync(client);
                _connections[serving] = true;
                _ = serving.ContinueWith(done => _connections.TryRemove(done, out bool _), TaskScheduler.Default);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy stops.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                if (await ReadHeadAsync(stream) is not { } head) return;
                string[] words = head[..head.IndexOf('\r', StringComparison.Ordinal)].Split(' ');
                HttpFault fault = _plan(new ProxiedRequest(Interlocked.Increment(ref _requests), words[0], words[1], head));
                if (fault == HttpFault.ResetBefore)
                {
                    Reset(client);
                    return;
                }

                if (Header(head, "Expect") is not null) await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stop.Token);
                byte[] body = new byte[int.Parse(Header(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture)];
                await stream.ReadExactlyAsync(body, _stop.Token);
                switch (fault)
                {
                    case HttpFault.SlowDown: await RefuseAsync(stream, "503 Slow Down", "SlowDown"); return;
                    case HttpFault.NotImplemented: await RefuseAsync(stream, "501 Not Implemented", "NotImplemented"); return;
                    case HttpFault.FalseSuccess: await stream.WriteAsync("HTTP/1.1 200 OK\r\nETag: \"0\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token); return;
                }

                byte[] answer = await PassOnAsync(head, body);
                switch (fault)
                {
                    case HttpFault.LostAnswer: Reset(client); return;
                    case HttpFault.FalseFailure: await RefuseAsync(stream, "500 Internal Server Error", "InternalError"); return;
                    case HttpFault.ResetInBody or HttpFault.StalledBody:
                        int headEnd = answer.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
                        await stream.WriteAsync(answer.AsMemory(0, headEnd + (answer.Length - headEnd) / 2), _stop.Token);
                        // Nothing more comes until the client loses its patience and closes.
                        if (fault == HttpFault.StalledBody) await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, _stop.Token);
                        Reset(client);
                        return;
                    default: await stream.WriteAsync(answer, _stop.Token); return;
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // One side went away, or the proxy stops.
            }
        }
    }

    private async Task<byte[]> PassOnAsync(string head, byte[] body)
    {
        using TcpClient server = new();
        await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
        NetworkStream stream = server.GetStream();
        // These two are of the connection and not signed; the server closes after its answer, so the answer is all there is to read.
        IEnumerable<string> lines = head.TrimEnd().Split("\r\n").Where(line => !line.StartsWith("Expect:", StringComparison.OrdinalIgnoreCase) && !line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase));
        await stream.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", lines) + "\r\nConnection: close\r\n\r\n"), _stop.Token);
        await stream.WriteAsync(body, _stop.Token);
        using MemoryStream answer = new();
        await stream.CopyToAsync(answer, _stop.Token);
        return answer.ToArray();
    }

    private async Task RefuseAsync(NetworkStream stream, string status, string code)
    {
        string body = $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>Injected {code}</Message></Error>";
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), _stop.Token);
    }

    private async Task<string?> ReadHeadAsync(NetworkStream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, _stop.Token) > 0)
        {
            head.Add(one[0]);
            if (one[0] == '\n' && head.Count >= 4 && head[^2] == '\r' && head[^3] == '\n') return Encoding.Latin1.GetString([.. head]);
        }

        return null;
    }

    private static string? Header(string head, string name) =>
        head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private static void Reset(TcpClient client)
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }
}
