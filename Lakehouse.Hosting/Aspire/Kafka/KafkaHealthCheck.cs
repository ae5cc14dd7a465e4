using System.Globalization;
using System.Net.Sockets;
using Lakehouse.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>
/// A broker is well when it answers an ApiVersions request (Kafka protocol, key 18, version 0) without an error: a port that
/// is merely open, as a proxy's is, does not.
/// </summary>
internal sealed class KafkaHealthCheck(Func<CancellationToken, ValueTask<string?>> bootstrapServer) : IHealthCheck
{
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
            await KafkaProbe.AskAsync(target[..colon], port, deadline.Token).ConfigureAwait(false);
            return HealthCheckResult.Healthy();
        }
        catch (Exception failure) when (failure is SocketException or IOException or DistributedApplicationException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(context.Registration.FailureStatus, failure is OperationCanceledException ? "The broker did not answer in time." : failure.Message, failure);
        }
    }
}
