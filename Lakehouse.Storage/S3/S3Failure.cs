using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;

namespace Lakehouse.Storage.S3;

/// <summary>What a failed request means: whether asking again may help, and whether a write may have happened all the same.</summary>
internal static class S3Failure
{
    public static bool IsNotFound(Exception exception) => exception is AmazonServiceException { StatusCode: HttpStatusCode.NotFound } service && !IsNoBucket(service);

    public static bool IsNoBucket(Exception exception) => exception is AmazonServiceException { ErrorCode: "NoSuchBucket" };

    /// <summary>A condition of the request did not hold: for a put-if-absent, an object stands there.</summary>
    public static bool IsPreconditionFailed(Exception exception) => exception is AmazonServiceException { StatusCode: HttpStatusCode.PreconditionFailed };

    public static bool IsRangeBeyondEnd(Exception exception) => exception is AmazonServiceException { StatusCode: HttpStatusCode.RequestedRangeNotSatisfiable };

    /// <summary>Busy servers, lost connections, answers that did not come. The caller's own cancellation is none.</summary>
    public static bool IsTransient(Exception exception, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return false;
        return exception switch
        {
            StorageException => false,
            AmazonServiceException { ErrorCode: "SlowDown" or "RequestTimeout" or "Throttling" or "ThrottlingException" or "InternalError" or "ConditionalRequestConflict" or "OperationAborted" } => true,
            AmazonServiceException service when service.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError =>
                service.StatusCode != HttpStatusCode.NotImplemented,
            // No answer at all, or one that is not S3's.
            AmazonServiceException { StatusCode: 0 } => true,
            AmazonUnmarshallingException => true,
            HttpRequestException or IOException or TimeoutException or OperationCanceledException => true,
            AmazonClientException { InnerException: { } inner } => IsTransient(inner, cancellationToken),
            _ => false,
        };
    }

    /// <summary>Whether a write that failed so may have been applied. It was not where the server said why it refuses, or was never reached.</summary>
    public static bool IsAmbiguous(Exception exception) => exception switch
    {
        AmazonServiceException { ErrorCode: "SlowDown" or "Throttling" or "ThrottlingException" or "ConditionalRequestConflict" or "OperationAborted" } => false,
        AmazonServiceException { StatusCode: HttpStatusCode.TooManyRequests } => false,
        AmazonServiceException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError } service => service.ErrorCode == "RequestTimeout",
        AmazonServiceException { StatusCode: 0, InnerException: { } inner } => IsAmbiguous(inner),
        SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.NetworkUnreachable or SocketError.HostUnreachable } => false,
        HttpRequestException { InnerException: SocketException inner } => IsAmbiguous(inner),
        AmazonServiceException => true,
        AmazonClientException { InnerException: { } inner } => IsAmbiguous(inner),
        AmazonClientException => false,
        _ => true,
    };

    /// <summary>The failure in the store's words.</summary>
    public static StorageException Explain(string store, string? key, string verb, Exception exception) => exception switch
    {
        StorageException known => known,
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => new StorageException(store, key, "There is no such bucket; make it, or correct its name", exception),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } service => new StorageException(
            store, key, $"Not allowed to {verb}: {Tell(service)}. Check the access key and what it may do with this bucket", exception),
        AmazonServiceException service when service.StatusCode != 0 => new StorageException(store, key, $"Cannot {verb}: {Tell(service)}", exception),
        AmazonClientException { InnerException: null } client => new StorageException(
            store, key, $"Cannot {verb}: {client.Message} Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another of the AWS SDK's sources", exception),
        _ => new StorageException(store, key, $"Cannot {verb}: {Innermost(exception).Message}", exception),
    };

    private static string Tell(AmazonServiceException exception) =>
        string.IsNullOrEmpty(exception.ErrorCode) || exception.Message.Contains(exception.ErrorCode, StringComparison.Ordinal)
            ? $"{(int)exception.StatusCode} {exception.Message.TrimEnd('.')}"
            : $"{(int)exception.StatusCode} {exception.ErrorCode}: {exception.Message.TrimEnd('.')}";

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner) exception = inner;
        return exception;
    }
}
