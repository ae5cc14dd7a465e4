namespace Aspire.Hosting.ApplicationModel;

/// <summary>A URL on this host, such as the dashboard's, which a container must reach by another host name.</summary>
public record HostUrl(string Url) : IExpressionValue
{
    string IManifestExpressionProvider.ValueExpression => Url;

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => new(Url);

    ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken) =>
        new(context.ResolvedNetwork == KnownNetworkIdentifiers.LocalhostNetwork ? Url : FromContainer());

    private string FromContainer()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out Uri? uri) || !uri.IsLoopback)
            return Url;
        string rewritten = new UriBuilder(uri) { Host = KnownHostNames.DockerDesktopHostBridge }.Uri.ToString();
        return Url.EndsWith('/') ? rewritten : rewritten.TrimEnd('/');
    }
}
