using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ContainerResourceBuilderExtensions
{
    /// <summary>Chooses the image. A tag may stand in either argument; without one, and without a digest, it is <c>latest</c>.</summary>
    /// <exception cref="InvalidOperationException">The tag is given twice, or beside a digest.</exception>
    public static IResourceBuilder<T> WithImage<T>(this IResourceBuilder<T> builder, string image, string? tag = null)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(image);
        (string name, string? ownTag, string? digest) = Split(image);
        if (tag is not null && (ownTag is not null || digest is not null))
            throw new InvalidOperationException($"Ambiguous tags: '{tag}' beside the image '{image}', which names one already.");

        if (!builder.Resource.TryGetLastAnnotation(out ContainerImageAnnotation? annotation))
        {
            annotation = new ContainerImageAnnotation { Image = name };
            builder.WithAnnotation(annotation);
        }

        annotation.Image = name;
        if (digest is not null)
            annotation.SHA256 = digest;
        else
            annotation.Tag = ownTag ?? tag ?? "latest";
        if (builder.Resource.TryGetLastAnnotation(out DockerfileBuildAnnotation? build))
            (build.ImageName, build.ImageTag) = (null, null);
        return builder;
    }

    /// <exception cref="InvalidOperationException">No image was chosen yet.</exception>
    public static IResourceBuilder<T> WithImageTag<T>(this IResourceBuilder<T> builder, string tag)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(tag);
        builder.Image().Tag = tag;
        if (builder.Resource.TryGetLastAnnotation(out DockerfileBuildAnnotation? build) && !string.IsNullOrEmpty(build.ImageTag))
            build.ImageTag = tag;
        return builder;
    }

    /// <exception cref="InvalidOperationException">No image was chosen yet.</exception>
    public static IResourceBuilder<T> WithImageRegistry<T>(this IResourceBuilder<T> builder, string? registry)
        where T : ContainerResource
    {
        builder.Image().Registry = registry;
        return builder;
    }

    /// <summary>Chooses the image by its digest, in place of a tag.</summary>
    /// <exception cref="InvalidOperationException">No image was chosen yet.</exception>
    public static IResourceBuilder<T> WithImageSHA256<T>(this IResourceBuilder<T> builder, string sha256)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(sha256);
        builder.Image().SHA256 = sha256;
        return builder;
    }

    /// <summary>When the image is pulled.</summary>
    public static IResourceBuilder<T> WithImagePullPolicy<T>(this IResourceBuilder<T> builder, ImagePullPolicy pullPolicy)
        where T : ContainerResource => builder.Annotate(new ContainerImagePullPolicyAnnotation { ImagePullPolicy = pullPolicy });

    /// <summary>Adds a container whose image is built from a Dockerfile.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's and the image's name.</param>
    /// <param name="contextPath">The folder the build sees; a relative one begins at the AppHost's.</param>
    /// <param name="dockerfilePath">The Dockerfile, from that folder on; <c>Dockerfile</c> by default.</param>
    /// <param name="stage">The stage to build; the last by default.</param>
    public static IResourceBuilder<ContainerResource> AddDockerfile(this IDistributedApplicationBuilder builder, [ResourceName] string name, string contextPath, string? dockerfilePath = null, string? stage = null) =>
        builder.AddContainer(name, name.ToLowerInvariant()).WithDockerfile(contextPath, dockerfilePath, stage);

    /// <summary>Builds the container's image from a Dockerfile.</summary>
    public static IResourceBuilder<T> WithDockerfile<T>(this IResourceBuilder<T> builder, string contextPath, string? dockerfilePath = null, string? stage = null)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(contextPath);
        string context = Path.TrimEndingDirectorySeparator(Path.GetFullPath(contextPath, builder.ApplicationBuilder.AppHostDirectory));
        if (!builder.Resource.HasAnnotationOfType<ContainerImageAnnotation>())
            builder.WithImage(builder.Resource.Name.ToLowerInvariant());
        return builder.Annotate(new DockerfileBuildAnnotation(context, Path.GetFullPath(dockerfilePath ?? "Dockerfile", context), stage)
        {
            // A tag of its own for each build, so that a container never starts from an earlier one's image.
            ImageName = builder.Resource.Name.ToLowerInvariant(),
            ImageTag = Guid.CreateVersion7().ToString("N"),
        });
    }

    /// <summary>Sets an argument of the build: a text, a parameter or expression, or null to take it from the builder's environment.</summary>
    /// <exception cref="InvalidOperationException">The image is not built from a Dockerfile.</exception>
    public static IResourceBuilder<T> WithBuildArg<T>(this IResourceBuilder<T> builder, string name, object? value)
        where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        builder.Build().BuildArguments[name] = value;
        return builder;
    }

    /// <exception cref="InvalidOperationException">The parameter is a secret, which the image would show; or the image is not built from a Dockerfile.</exception>
    public static IResourceBuilder<T> WithBuildArg<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> value)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Resource.Secret
            ? throw new InvalidOperationException($"Cannot add secret parameter '{value.Resource.Name}' as a build argument. Use WithBuildSecret instead.")
            : builder.WithBuildArg(name, (object)value.Resource);
    }

    /// <summary>Gives the build a secret that leaves no trace in the image.</summary>
    /// <exception cref="InvalidOperationException">The image is not built from a Dockerfile.</exception>
    public static IResourceBuilder<T> WithBuildSecret<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> value)
        where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        builder.Build().BuildSecrets[name] = value.Resource;
        return builder;
    }

    private static ContainerImageAnnotation Image<T>(this IResourceBuilder<T> builder)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Resource.TryGetLastAnnotation(out ContainerImageAnnotation? image)
            ? image
            : throw new InvalidOperationException($"The resource '{builder.Resource.Name}' does not have a container image specified. Use WithImage to specify the container image and tag.");
    }

    private static DockerfileBuildAnnotation Build<T>(this IResourceBuilder<T> builder)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Resource.TryGetLastAnnotation(out DockerfileBuildAnnotation? build)
            ? build
            : throw new InvalidOperationException($"The image of '{builder.Resource.Name}' is not built from a Dockerfile: call WithDockerfile first.");
    }

    // "registry:5000/image:tag@sha256:digest": a colon after the last slash begins a tag, one before it a port.
    private static (string Name, string? Tag, string? Digest) Split(string image)
    {
        const string marker = "@sha256:";
        int digestAt = image.IndexOf(marker, StringComparison.Ordinal);
        if (digestAt >= 0)
            return (image[..digestAt], null, image[(digestAt + marker.Length)..]);
        int tagAt = image.LastIndexOf(':');
        return tagAt > image.LastIndexOf('/') ? (image[..tagAt], image[(tagAt + 1)..], null) : (image, null, null);
    }
}
