namespace Aspire.Hosting.Dcp;

/// <summary>A container that DCP runs with Docker or Podman.</summary>
internal sealed class DcpContainer : DcpObject<DcpContainerSpec, DcpContainerStatus>, IDcpKind
{
    static string IDcpKind.Kind => "Container";

    static string IDcpKind.Plural => "containers";
}

internal sealed class DcpContainerSpec
{
    public string? ContainerName { get; set; }

    public string? Image { get; init; }

    /// <summary>Null for an image that exists.</summary>
    public DcpContainerBuild? Build { get; set; }

    public IReadOnlyList<DcpVolumeMount>? VolumeMounts { get; set; }

    public IReadOnlyList<DcpContainerPort>? Ports { get; set; }

    public IReadOnlyList<DcpEnvironmentVariable>? Env { get; set; }

    public string? Command { get; init; }

    public IReadOnlyList<string>? Args { get; set; }

    /// <summary>Arguments of the runtime's <c>run</c> command itself.</summary>
    public IReadOnlyList<string>? RunArgs { get; set; }

    /// <summary>True: it is found again by its name and outlives the application.</summary>
    public bool? Persistent { get; set; }

    /// <summary><c>always</c>, <c>missing</c> or <c>never</c>.</summary>
    public string? PullPolicy { get; set; }

    public IReadOnlyList<DcpNetworkConnection>? Networks { get; set; }
}

internal sealed class DcpContainerBuild
{
    public required string Context { get; init; }

    public string? Dockerfile { get; init; }

    public string? Stage { get; init; }

    public IReadOnlyList<DcpEnvironmentVariable>? Args { get; init; }

    public IReadOnlyList<DcpBuildSecret>? Secrets { get; init; }
}

/// <summary>A secret of an image build, given as an environment variable.</summary>
internal sealed record DcpBuildSecret(string Id, string Type, string? Value);

/// <param name="Type"><c>bind</c> or <c>volume</c>.</param>
internal sealed record DcpVolumeMount(string Type, string? Source, string Target, bool ReadOnly);

/// <param name="HostPort">Null: the runtime takes a free one, and DCP proxies to it.</param>
internal sealed record DcpContainerPort(int ContainerPort, int? HostPort, string? HostIP, string Protocol);

internal sealed record DcpNetworkConnection(string Name, IReadOnlyList<string> Aliases);

internal sealed class DcpContainerStatus
{
    public string? State { get; init; }

    public string? ContainerId { get; init; }

    public DateTime? StartupTimestamp { get; init; }

    public DateTime? FinishTimestamp { get; init; }

    /// <summary>-1 while it is not known.</summary>
    public int? ExitCode { get; init; }

    public IReadOnlyList<DcpEnvironmentVariable>? EffectiveEnv { get; init; }

    public IReadOnlyList<string>? EffectiveArgs { get; init; }
}

/// <summary>A network that containers of one application share.</summary>
internal sealed class DcpContainerNetwork : DcpObject<DcpContainerNetworkSpec, object>, IDcpKind
{
    static string IDcpKind.Kind => "ContainerNetwork";

    static string IDcpKind.Plural => "containernetworks";
}

internal sealed class DcpContainerNetworkSpec
{
    public string? NetworkName { get; init; }

    public bool? Persistent { get; init; }
}
