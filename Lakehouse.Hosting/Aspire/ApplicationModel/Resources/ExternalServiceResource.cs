using System.Diagnostics.CodeAnalysis;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A service somewhere else, known by its URL.</summary>
public sealed class ExternalServiceResource : Resource
{
    /// <exception cref="ArgumentException">The URL is not one of a host alone: absolute, http(s) or another scheme, path "/".</exception>
    public ExternalServiceResource(string name, Uri uri)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (Fault(uri) is { } fault)
            throw new ArgumentException(fault, nameof(uri));
        Uri = uri;
    }

    /// <param name="name">The service's name.</param>
    /// <param name="urlParameter">Gives the URL when the application runs or is deployed.</param>
    public ExternalServiceResource(string name, ParameterResource urlParameter)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(urlParameter);
        UrlParameter = urlParameter;
    }

    public Uri? Uri { get; }

    public ParameterResource? UrlParameter { get; }

    /// <summary>The URL; a parameter's is read and checked.</summary>
    /// <exception cref="DistributedApplicationException">The parameter's value is not a URL of a service.</exception>
    internal async ValueTask<Uri> ResolveUriAsync(CancellationToken cancellationToken)
    {
        if (Uri is not null)
            return Uri;
        string? url = await UrlParameter!.GetValueAsync(cancellationToken).ConfigureAwait(false);
        return TryParse(url, out Uri? uri, out string? fault)
            ? uri
            : throw new DistributedApplicationException($"The URL parameter '{UrlParameter.Name}' for the external service '{Name}' is invalid: {fault}");
    }

    /// <summary>Whether a text is a URL that service discovery can use.</summary>
    internal static bool TryParse(string? url, [NotNullWhen(true)] out Uri? uri, [NotNullWhen(false)] out string? fault)
    {
        fault = Uri.TryCreate(url, UriKind.Absolute, out uri) ? Fault(uri) : $"'{url}' is not an absolute URL.";
        if (fault is not null)
            uri = null;
        return fault is null;
    }

    private static string? Fault(Uri uri) =>
        !uri.IsAbsoluteUri ? $"'{uri}' is not an absolute URL."
        : uri.AbsolutePath != "/" ? $"The URL '{uri}' of an external service must have the path '/'."
        : !string.IsNullOrEmpty(uri.Fragment) ? $"The URL '{uri}' of an external service must have no fragment."
        : null;
}
