using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.ServiceDefaults.Clients.S3;

/// <summary>Healthy when the bucket can be listed.</summary>
internal sealed class S3HealthCheck(IAmazonS3 client, S3ObjectStoreSettings settings) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = settings.Bucket, Prefix = settings.Prefix, MaxKeys = 1 }, cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy();
        }
        catch (Exception error) when (error is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, $"The bucket '{settings.Bucket}' cannot be listed: {error.Message}", error);
        }
    }
}
