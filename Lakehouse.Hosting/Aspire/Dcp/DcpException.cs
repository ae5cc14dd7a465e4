using System.Net;

namespace Aspire.Hosting.Dcp;

/// <summary>DCP is missing, did not start, or refused a request.</summary>
internal sealed class DcpException(string message, Exception? inner = null) : DistributedApplicationException(message, inner!)
{
    /// <summary>What DCP's API answered; null if it did not come to an answer.</summary>
    public HttpStatusCode? StatusCode { get; init; }
}
