namespace Aspire.Hosting.Dcp;

/// <summary>A stable address, behind which DCP proxies to whoever serves the service.</summary>
internal sealed class DcpService : DcpObject<DcpServiceSpec, DcpServiceStatus>, IDcpKind
{
    static string IDcpKind.Kind => "Service";

    static string IDcpKind.Plural => "services";
}

internal sealed class DcpServiceSpec
{
    /// <summary>Without one, DCP takes a free port.</summary>
    public int? Port { get; init; }

    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public string Protocol { get; init; } = "TCP";

    public string? Address { get; init; }

    /// <summary><see cref="Localhost"/> (a proxy) or <see cref="Proxyless"/> (the server itself listens there).</summary>
    public string? AddressAllocationMode { get; init; }

    public const string Localhost = "Localhost";
    public const string Proxyless = "Proxyless";
}

internal sealed class DcpServiceStatus
{
    public string? EffectiveAddress { get; init; }

    /// <summary>Null or 0 until DCP has a port.</summary>
    public int? EffectivePort { get; init; }

    public string? State { get; init; }
}
