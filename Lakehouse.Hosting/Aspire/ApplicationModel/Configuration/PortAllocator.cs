namespace Aspire.Hosting.ApplicationModel;

/// <summary>Gives out port numbers that a manifest needs and nobody named.</summary>
public interface IPortAllocator
{
    int AllocatePort();

    /// <summary>Keeps a port from being given out.</summary>
    void AddUsedPort(int port);
}

/// <summary>Counts up from a first port past those in use.</summary>
public sealed class PortAllocator(int startPort = 8000) : IPortAllocator
{
    private readonly HashSet<int> _used = [];
    private int _next = startPort;

    public int AllocatePort()
    {
        while (!_used.Add(_next))
            _next++;
        return _next++;
    }

    public void AddUsedPort(int port) => _used.Add(port);
}

/// <summary>A port and where it came from.</summary>
public readonly struct ResolvedPort
{
    public int? Value { get; init; }

    /// <summary>Given out by a <see cref="IPortAllocator"/>.</summary>
    public bool IsAllocated { get; init; }

    /// <summary>Taken over from the endpoint's other port.</summary>
    public bool IsImplicit { get; init; }

    public static ResolvedPort Explicit(int port) => new() { Value = port };

    public static ResolvedPort Implicit(int port) => new() { Value = port, IsImplicit = true };

    public static ResolvedPort Allocated(int port) => new() { Value = port, IsAllocated = true };

    /// <summary>Left to whoever deploys.</summary>
    public static ResolvedPort None() => default;

    public static implicit operator int?(ResolvedPort resolvedPort) => resolvedPort.Value;
}

/// <summary>An endpoint with the ports it is deployed with.</summary>
public sealed class ResolvedEndpoint
{
    public required EndpointAnnotation Endpoint { get; init; }

    /// <summary>The port the process listens on.</summary>
    public ResolvedPort TargetPort { get; init; }

    /// <summary>The port clients use.</summary>
    public ResolvedPort ExposedPort { get; init; }
}
