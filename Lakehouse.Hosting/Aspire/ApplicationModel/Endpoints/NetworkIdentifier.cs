namespace Aspire.Hosting.ApplicationModel;

/// <summary>A network from which endpoints are reached.</summary>
public record NetworkIdentifier(string Value);

/// <summary>The networks that every application has.</summary>
public static class KnownNetworkIdentifiers
{
    /// <summary>Processes of this host.</summary>
    public static readonly NetworkIdentifier LocalhostNetwork = new("localhost");

    /// <summary>The containers of the application among themselves.</summary>
    public static readonly NetworkIdentifier DefaultAspireContainerNetwork = new("aspire-container-network");

    public static readonly NetworkIdentifier PublicInternet = new(".");
}

/// <summary>Host names that stand for this host.</summary>
public static class KnownHostNames
{
    public const string Localhost = "localhost";

    /// <summary>This host as a container sees it.</summary>
    public const string DockerDesktopHostBridge = "host.docker.internal";

    /// <summary>This host as a container sees it through DCP's tunnel.</summary>
    public const string DefaultContainerTunnelHostName = "aspire.dev.internal";
}
