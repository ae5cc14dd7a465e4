using System.Buffers.Binary;
using System.Net.Sockets;

namespace Lakehouse.Hosting;

/// <summary>
/// Asks a broker which requests it understands: ApiVersions, version 0, the one request that every version of Kafka answers
/// (Kafka protocol guide, "Retrieving Supported API versions"). A client library would be 10 MB of native code for these 20 bytes.
/// </summary>
internal static class KafkaProbe
{
    private const short ApiVersions = 18;
    private const int Correlation = 1;
    private const int MaxAnswer = 1 << 20;

    /// <summary>Returns when the broker has answered.</summary>
    /// <exception cref="IOException">It has not, or said that it cannot.</exception>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static async Task AskAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        NetworkStream stream = client.GetStream();

        // Size, api key, api version, correlation id, no client id.
        byte[] request = new byte[14];
        BinaryPrimitives.WriteInt32BigEndian(request, 10);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(4), ApiVersions);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), Correlation);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(12), -1);
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);

        // Size, correlation id, error code.
        byte[] answer = new byte[10];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        if (BinaryPrimitives.ReadInt32BigEndian(answer) is < 6 or >= MaxAnswer || BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)) != Correlation)
            throw new IOException($"What listens at {host}:{port} is not a Kafka broker.");
        short error = BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(8));
        if (error != 0) throw new IOException($"The broker answered with error {error}.");
    }
}
