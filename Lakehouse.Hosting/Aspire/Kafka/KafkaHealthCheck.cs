using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>
/// A broker is well when it answers an ApiVersions request (Kafka protocol, key 18, version 0) without an error: a port that
/// is merely open, as a proxy's is, does not.
/// </summary>
internal sealed class KafkaHealthCheck(Func<CancellationToken, ValueTask<string?>> bootstrapServer) : IHealthCheck
{
    private const short ApiVersionsKey = 18;
    private const int CorrelationId = 1;
    private const int MaxAnswer = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            string? target = await bootstrapServer(deadline.Token).ConfigureAwait(false);
            if (target?.LastIndexOf(':') is not (> 0 and int colon) || !int.TryParse(target.AsSpan(colon + 1), CultureInfo.InvariantCulture, out int port))
                return new(context.Registration.FailureStatus, $"'{target}' is not the address of a broker.");
            using var client = new TcpClient();
            await client.ConnectAsync(target[..colon], port, deadline.Token).ConfigureAwait(false);
            short error = await AskAsync(client.GetStream(), deadline.Token).ConfigureAwait(false);
            return error == 0 ? HealthCheckResult.Healthy() : new(context.Registration.FailureStatus, $"The broker answered with error {error}.");
        }
        catch (Exception failure) when (failure is SocketException or IOException or DistributedApplicationException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(context.Registration.FailureStatus, failure is OperationCanceledException ? "The broker did not answer in time." : failure.Message, failure);
        }
    }

    private static async Task<short> AskAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        // Size, then key, version, correlation id and a null client id.
        var request = new byte[14];
        BinaryPrimitives.WriteInt32BigEndian(request, request.Length - 4);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(4), ApiVersionsKey);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), CorrelationId);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(12), -1);
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);

        // Size, correlation id, error.
        var answer = new byte[10];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        int size = BinaryPrimitives.ReadInt32BigEndian(answer);
        return size is >= 6 and < MaxAnswer && BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)) == CorrelationId
            ? BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(8))
            : throw new IOException("What listens there is not a Kafka broker.");
    }
}
