using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Model;

namespace Lakehouse.Storage.S3;

/// <summary>
/// That an object is not there is an answer: each look for a newer commit ends with it. The SDK makes an exception of it that all its
/// layers catch and throw again, which costs more processor time than the rest of the request. Here such an answer to a GET or HEAD
/// of an object becomes a response whose status is <see cref="HttpStatusCode.NotFound"/>. A bucket that is not there stays a failure.
/// </summary>
internal sealed class AbsenceHandler : PipelineHandler
{
    public override async Task<T> InvokeAsync<T>(IExecutionContext executionContext)
    {
        try
        {
            return await base.InvokeAsync<T>(executionContext).ConfigureAwait(false);
        }
        catch (HttpErrorResponseException refusal) when (refusal.Response.StatusCode == HttpStatusCode.NotFound && Absent(executionContext.RequestContext.OriginalRequest) is not null)
        {
            // Read to its end, or the connection could not be used again.
            using StreamReader body = new(await refusal.Response.ResponseBody.OpenResponseAsync().ConfigureAwait(false));
            string text = await body.ReadToEndAsync(executionContext.RequestContext.CancellationToken).ConfigureAwait(false);
            if (text.Contains("<Code>NoSuchBucket</Code>", StringComparison.Ordinal))
                throw new AmazonS3Exception("The bucket does not exist.", refusal, ErrorType.Sender, "NoSuchBucket", null, HttpStatusCode.NotFound);
            AmazonWebServiceResponse absent = Absent(executionContext.RequestContext.OriginalRequest)!;
            executionContext.ResponseContext.Response = absent;
            return (T)absent;
        }
    }

    private static AmazonWebServiceResponse? Absent(AmazonWebServiceRequest request) => request switch
    {
        GetObjectRequest => new GetObjectResponse { HttpStatusCode = HttpStatusCode.NotFound },
        GetObjectMetadataRequest => new GetObjectMetadataResponse { HttpStatusCode = HttpStatusCode.NotFound },
        _ => null,
    };
}
