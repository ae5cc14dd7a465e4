namespace Aspire.Hosting.ApplicationModel;

/// <summary>The image of a container: <c>registry/image:tag</c> or <c>registry/image@sha256:…</c>.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    private string? _tag;
    private string? _sha256;

    public string? Registry { get; set; }

    public required string Image { get; set; }

    /// <summary>Setting it clears <see cref="SHA256"/>.</summary>
    public string? Tag
    {
        get => _tag;
        set => (_tag, _sha256) = (value, value is null ? _sha256 : null);
    }

    /// <summary>The digest in hexadecimal. Setting it clears <see cref="Tag"/>.</summary>
    public string? SHA256
    {
        get => _sha256;
        set => (_sha256, _tag) = (value, value is null ? _tag : null);
    }

    /// <summary>The whole name as container engines read it.</summary>
    internal string Reference =>
        (string.IsNullOrEmpty(Registry) ? "" : Registry + "/") + Image + (SHA256 is { } digest ? "@sha256:" + digest : string.IsNullOrEmpty(Tag) ? "" : ":" + Tag);
}

/// <summary>When an image is pulled.</summary>
public enum ImagePullPolicy
{
    /// <summary>As the container engine does by itself.</summary>
    Default = 0,
    Always = 1,
    Missing = 2,
    Never = 3,
}

/// <summary>When the image of a container is pulled.</summary>
public sealed class ContainerImagePullPolicyAnnotation : IResourceAnnotation
{
    public required ImagePullPolicy ImagePullPolicy { get; set; }
}

/// <summary>How long a container lives.</summary>
public enum ContainerLifetime
{
    /// <summary>As long as the AppHost runs.</summary>
    Session = 0,

    /// <summary>Until somebody removes it; the next run takes it up again.</summary>
    Persistent = 1,
}

/// <summary>How long a container lives.</summary>
public sealed class ContainerLifetimeAnnotation : IResourceAnnotation
{
    public required ContainerLifetime Lifetime { get; set; }
}

/// <summary>The name of a container in its engine, where it is not generated.</summary>
public sealed class ContainerNameAnnotation : IResourceAnnotation
{
    public required string Name { get; set; }
}

/// <summary>Another name of a container on the containers' network.</summary>
public sealed class ContainerNetworkAliasAnnotation : IResourceAnnotation
{
    public ContainerNetworkAliasAnnotation(string alias)
    {
        ArgumentNullException.ThrowIfNull(alias);
        Alias = alias;
    }

    public string Alias { get; }

    public NetworkIdentifier Network { get; set; } = KnownNetworkIdentifiers.DefaultAspireContainerNetwork;
}

/// <summary>What is mounted into a container.</summary>
public enum ContainerMountType
{
    /// <summary>A file or folder of the host.</summary>
    BindMount = 0,
    Volume = 1,
}

/// <summary>A volume or a folder of the host inside a container.</summary>
public sealed class ContainerMountAnnotation : IResourceAnnotation
{
    /// <exception cref="ArgumentException">A bind mount has no absolute source, or an anonymous volume is read-only.</exception>
    public ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (type == ContainerMountType.BindMount)
        {
            ArgumentNullException.ThrowIfNull(source);
            if (!Path.IsPathRooted(source))
                throw new ArgumentException($"A bind mount must specify an absolute path on the host; '{source}' is not one.", nameof(source));
        }
        else if (string.IsNullOrEmpty(source) && isReadOnly)
        {
            throw new ArgumentException("An anonymous volume cannot be read-only: nothing could ever be in it.", nameof(isReadOnly));
        }

        (Source, Target, Type, IsReadOnly) = (source, target, type, isReadOnly);
    }

    /// <summary>The folder of the host, or the volume's name; null for an anonymous volume.</summary>
    public string? Source { get; }

    /// <summary>The path in the container.</summary>
    public string Target { get; }

    public ContainerMountType Type { get; }

    public bool IsReadOnly { get; }
}

/// <summary>Whether DCP stands before the endpoints of a container.</summary>
public sealed class ProxySupportAnnotation : IResourceAnnotation
{
    public required bool ProxyEnabled { get; set; }
}
