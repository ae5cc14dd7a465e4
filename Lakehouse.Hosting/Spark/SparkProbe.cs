using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Lakehouse.Hosting;

/// <summary>
/// Asks a Spark Connect server its version: one <c>AnalyzePlan(spark_version)</c>, framed by hand. It is two fields and needs no
/// gRPC library.
/// </summary>
internal static class SparkProbe
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>The version, e.g. <c>4.2.0</c>.</summary>
    /// <exception cref="HttpRequestException">Nobody answers.</exception>
    /// <exception cref="IOException">The server refused; the message is its own.</exception>
    public static async Task<string> AskVersionAsync(string host, int port, CancellationToken cancellationToken)
    {
        // spark/connect/base.proto: AnalyzePlanRequest { session_id = 1, user_context = 2 { user_id = 1 }, spark_version = 10 { } }
        byte[] message = [.. Field(1, Encoding.UTF8.GetBytes(Guid.NewGuid().ToString())), .. Field(2, Field(1, "lakehouse"u8)), .. Field(10, [])];
        byte[] frame = new byte[message.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{host}:{port}/spark.connect.SparkConnectService/AnalyzePlan")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using HttpResponseMessage response = await Client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (Header(response, "grpc-status") is not "0")
            throw new IOException($"Spark Connect answered gRPC status {Header(response, "grpc-status") ?? "none"}: {Uri.UnescapeDataString(Header(response, "grpc-message") ?? "")}");
        return FindVersion(answer.AsSpan(Math.Min(5, answer.Length))) ?? throw new IOException("Spark Connect answered without its version.");
    }

    // AnalyzePlanResponse { session_id = 1, …, spark_version = 8 { version = 1 } }: all fields are length-delimited.
    private static string? FindVersion(ReadOnlySpan<byte> message)
    {
        while (message.Length > 1)
        {
            int field = ReadVarint(ref message) >> 3;
            int length = ReadVarint(ref message);
            if (length > message.Length) return null;
            if (field == 8)
            {
                ReadOnlySpan<byte> inner = message[..length];
                _ = ReadVarint(ref inner);
                int text = ReadVarint(ref inner);
                return text <= inner.Length ? Encoding.UTF8.GetString(inner[..text]) : null;
            }
            message = message[length..];
        }
        return null;
    }

    private static int ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        int value = 0;
        for (int shift = 0; shift < 32 && bytes.Length > 0; shift += 7)
        {
            byte next = bytes[0];
            bytes = bytes[1..];
            value |= (next & 0x7F) << shift;
            if (next < 0x80) break;
        }
        return value;
    }

    // Every message of the request is shorter than 128 bytes, so tag and length take a byte each.
    private static byte[] Field(int number, ReadOnlySpan<byte> content) => [(byte)((number << 3) | 2), (byte)content.Length, .. content];

    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? trailing) ? trailing.First()
        : response.Headers.TryGetValues(name, out IEnumerable<string>? leading) ? leading.First()
        : null;
}
