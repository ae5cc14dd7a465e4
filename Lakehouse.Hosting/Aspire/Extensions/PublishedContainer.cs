using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A project or program that is published as a container from its Dockerfile: the same annotations, seen as a container's.</summary>
internal sealed class PublishedContainer(IResource original) : ContainerResource(original.Name)
{
    public override ResourceAnnotationCollection Annotations => original.Annotations;

    /// <summary>In publish mode puts a container into the model in the resource's place; a second call only configures it further.</summary>
    public static IResourceBuilder<T> Replace<T>(IResourceBuilder<T> builder, string contextPath, Action<IResourceBuilder<ContainerResource>>? configure)
        where T : IResource
    {
        IDistributedApplicationBuilder application = builder.ApplicationBuilder;
        if (!application.ExecutionContext.IsPublishMode)
            return builder;
        if (!application.TryCreateResourceBuilder(builder.Resource.Name, out IResourceBuilder<PublishedContainer>? container))
        {
            int place = application.Resources.IndexOf(builder.Resource);
            application.Resources.RemoveAt(place);
            container = application.CreateResourceBuilder(new PublishedContainer(builder.Resource));
            application.Resources.Insert(place, container.Resource);
            container.WithDockerfile(contextPath)
                .WithArgs(context => context.Args.Clear())
                .WithManifestPublishingCallback(context => context.WriteContainerAsync(container.Resource));
        }

        configure?.Invoke(container);
        return builder;
    }
}
