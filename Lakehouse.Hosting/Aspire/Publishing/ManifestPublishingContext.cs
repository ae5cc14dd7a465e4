using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes resources into a manifest. The members of an object come in a fixed order; paths are relative to the manifest and use '/'.</summary>
public sealed class ManifestPublishingContext(DistributedApplicationExecutionContext executionContext, string manifestPath, Utf8JsonWriter writer, CancellationToken cancellationToken = default)
{
    private readonly PortAllocator _ports = new();
    private readonly Dictionary<string, IResource> _referenced = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ReferenceExpression> _choices = [];
    private readonly FilteredParameters _filtered = new();

    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    public string ManifestPath { get; } = manifestPath;

    public Utf8JsonWriter Writer { get; } = writer;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>A path as the manifest writes it.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    public string? GetManifestRelativePath(string? path)
    {
        if (path is null)
            return null;
        string folder = Path.GetDirectoryName(Path.GetFullPath(ManifestPath))!;
        return Path.GetRelativePath(folder, Path.GetFullPath(path.Replace('\\', Path.DirectorySeparatorChar), folder)).Replace('\\', '/');
    }

    /// <summary>Notes what a value refers to, so that resources outside the model are written too.</summary>
    public void TryAddDependentResources(object? value)
    {
        var open = new Stack<object?>([value]);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        while (open.TryPop(out object? next))
        {
            if (next is IResourceBuilder<IResource> builder)
                next = builder.Resource;
            if (next is null || !seen.Add(next))
                continue;
            if (next is IResource resource)
            {
                _referenced.TryAdd(resource.Name, resource);
                continue;
            }

            if (next is ReferenceExpression expression)
            {
                if (expression.IsConditional)
                    _choices.TryAdd(expression.ValueExpression, expression);
                _filtered.Note(expression);
            }

            foreach (object reference in (next as IValueWithReferences)?.References ?? [])
                open.Push(reference);
        }
    }

    /// <summary>Writes <c>connectionString</c> where the resource has one.</summary>
    public void WriteConnectionString(IResource resource)
    {
        if (resource is not IResourceWithConnectionString connected)
            return;
        TryAddDependentResources(connected.ConnectionStringExpression);
        Writer.WriteString("connectionString", Expression(connected.ConnectionStringExpression, connected.ConnectionStringExpression.ValueExpression));
    }

    /// <summary>Writes <c>bindings</c> where the resource has endpoints.</summary>
    public void WriteBindings(IResource resource)
    {
        IReadOnlyList<ResolvedEndpoint> endpoints = resource.ResolveEndpoints(_ports);
        if (endpoints.Count == 0)
            return;
        Writer.WriteStartObject("bindings");
        foreach (ResolvedEndpoint resolved in endpoints)
        {
            EndpointAnnotation endpoint = resolved.Endpoint;
            Writer.WriteStartObject(endpoint.Name);
            Writer.WriteString("scheme", endpoint.UriScheme);
            Writer.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            Writer.WriteString("transport", endpoint.Transport);
            if (resolved.ExposedPort is { IsImplicit: false, Value: { } port } && port != resolved.TargetPort.Value)
                Writer.WriteNumber("port", port);
            if (resolved.TargetPort.Value is { } targetPort)
                Writer.WriteNumber("targetPort", targetPort);
            if (endpoint.IsExternal)
                Writer.WriteBoolean("external", true);
            Writer.WriteEndObject();
        }

        Writer.WriteEndObject();
    }

    /// <summary>Writes <c>env</c> where the resource has variables.</summary>
    public async Task WriteEnvironmentVariablesAsync(IResource resource)
    {
        IExecutionConfigurationResult result = await ExecutionConfigurationBuilder.Create(resource).WithEnvironmentVariablesConfig()
            .BuildAsync(ExecutionContext, NullLogger.Instance, CancellationToken).ConfigureAwait(false);
        if (result.Exception is { } failure)
            throw Failed(resource, failure);
        if (!result.EnvironmentVariablesWithUnprocessed.Any())
            return;
        Writer.WriteStartObject("env");
        foreach ((string name, (object unprocessed, string processed)) in result.EnvironmentVariablesWithUnprocessed)
        {
            TryAddDependentResources(unprocessed);
            Writer.WriteString(name, Expression(unprocessed, processed));
        }

        Writer.WriteEndObject();
    }

    /// <summary>Writes <c>args</c> where the resource has arguments.</summary>
    public async Task WriteCommandLineArgumentsAsync(IResource resource)
    {
        IExecutionConfigurationResult result = await ExecutionConfigurationBuilder.Create(resource).WithArgumentsConfig()
            .BuildAsync(ExecutionContext, NullLogger.Instance, CancellationToken).ConfigureAwait(false);
        if (result.Exception is { } failure)
            throw Failed(resource, failure);
        if (!result.ArgumentsWithUnprocessed.Any())
            return;
        Writer.WriteStartArray("args");
        foreach ((object unprocessed, string processed, _) in result.ArgumentsWithUnprocessed)
        {
            TryAddDependentResources(unprocessed);
            Writer.WriteStringValue(Expression(unprocessed, processed));
        }

        Writer.WriteEndArray();
    }

    /// <summary>Writes the members of a container's object.</summary>
    /// <exception cref="DistributedApplicationException">The container has neither an image nor a Dockerfile.</exception>
    public async Task WriteContainerAsync(ContainerResource container)
    {
        if (container.TryGetLastAnnotation(out DockerfileBuildAnnotation? build))
        {
            Writer.WriteString("type", "container.v1");
            WriteConnectionString(container);
            WriteBuild(build);
        }
        else
        {
            if (!container.TryGetContainerImageName(out string? image))
                throw new DistributedApplicationException($"The container '{container.Name}' has neither an image nor a Dockerfile.");
            Writer.WriteString("type", "container.v0");
            WriteConnectionString(container);
            Writer.WriteString("image", image);
        }

        if (container.Entrypoint is { } entrypoint)
            Writer.WriteString("entrypoint", entrypoint);
        await WriteCommandLineArgumentsAsync(container).ConfigureAwait(false);
        WriteMounts(container);
        await WriteEnvironmentVariablesAsync(container).ConfigureAwait(false);
        WriteBindings(container);
    }

    /// <summary>Writes the whole manifest: the model, what it refers to beyond itself, and what expressions needed a name for.</summary>
    internal async Task WriteModelAsync(DistributedApplicationModel model)
    {
        foreach (IResource resource in model.Resources)
            _filtered.Reserve(resource.Name);
        Writer.WriteStartObject();
        Writer.WriteStartObject("resources");
        foreach (IResource resource in model.Resources)
            await WriteResourceAsync(resource).ConfigureAwait(false);
        foreach (IResource resource in _referenced.Values.Where(resource => !model.Resources.TryGetByName(resource.Name, out _)).ToArray())
            await WriteResourceAsync(resource).ConfigureAwait(false);
        foreach (FilteredParameter remaining in _filtered.TakeAll())
            WriteFiltered(remaining);
        foreach ((string name, ReferenceExpression choice) in _choices)
        {
            Writer.WriteStartObject(name[1..name.IndexOf('.', StringComparison.Ordinal)]);
            Writer.WriteString("type", "value.v0");
            Writer.WriteString("connectionString", await choice.GetValueAsync(CancellationToken).ConfigureAwait(false) ?? "");
            Writer.WriteEndObject();
        }

        Writer.WriteEndObject();
        Writer.WriteEndObject();
        await Writer.FlushAsync(CancellationToken).ConfigureAwait(false);
    }

    internal async Task WriteResourceAsync(IResource resource)
    {
        Func<Task>? write = resource.TryGetLastAnnotation(out ManifestPublishingCallbackAnnotation? own)
            ? own.Callback is { } callback ? () => callback(this) : null
            : resource switch
            {
                ContainerResource container => () => WriteContainerAsync(container),
                ProjectResource project => () => WriteProjectAsync(project),
                ExecutableResource executable => () => WriteExecutableAsync(executable),
                ParameterResource parameter => () => WriteParameterAsync(parameter),
                IResourceWithConnectionString connected => () => WriteValueAsync(connected),
                _ => WriteErrorAsync,
            };
        if (write is null)
            return;
        Writer.WriteStartObject(resource.Name);
        await write().ConfigureAwait(false);
        Writer.WriteEndObject();
        if (resource is ParameterResource written)
        {
            foreach (FilteredParameter filtered in _filtered.Take(written))
                WriteFiltered(filtered);
        }
    }

    internal Task WriteParameterAsync(ParameterResource parameter)
    {
        Writer.WriteString("type", "parameter.v0");
        if (parameter.IsConnectionString)
            Writer.WriteString("connectionString", parameter.ValueExpression);
        Writer.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        Writer.WriteStartObject("inputs");
        Writer.WriteStartObject("value");
        Writer.WriteString("type", "string");
        if (parameter.Secret)
            Writer.WriteBoolean("secret", true);
        if (parameter.Default is { } value)
        {
            Writer.WriteStartObject("default");
            value.WriteToManifest(this);
            Writer.WriteEndObject();
        }

        Writer.WriteEndObject();
        Writer.WriteEndObject();
        return Task.CompletedTask;
    }

    private async Task WriteProjectAsync(ProjectResource project)
    {
        if (!project.TryGetLastAnnotation(out IProjectMetadata? metadata))
            throw new DistributedApplicationException($"The project '{project.Name}' does not say where it lies: it has no {nameof(IProjectMetadata)}.");
        Writer.WriteString("type", "project.v0");
        Writer.WriteString("path", GetManifestRelativePath(metadata.ProjectPath));
        await WriteCommandLineArgumentsAsync(project).ConfigureAwait(false);
        await WriteEnvironmentVariablesAsync(project).ConfigureAwait(false);
        WriteBindings(project);
    }

    private async Task WriteExecutableAsync(ExecutableResource executable)
    {
        Writer.WriteString("type", "executable.v0");
        WriteConnectionString(executable);
        Writer.WriteString("workingDirectory", GetManifestRelativePath(executable.WorkingDirectory));
        Writer.WriteString("command", executable.Command);
        await WriteCommandLineArgumentsAsync(executable).ConfigureAwait(false);
        await WriteEnvironmentVariablesAsync(executable).ConfigureAwait(false);
        WriteBindings(executable);
    }

    private Task WriteValueAsync(IResourceWithConnectionString resource)
    {
        Writer.WriteString("type", "value.v0");
        WriteConnectionString(resource);
        return Task.CompletedTask;
    }

    private Task WriteErrorAsync()
    {
        Writer.WriteString("error", "This resource does not support generation in the manifest.");
        return Task.CompletedTask;
    }

    private void WriteBuild(DockerfileBuildAnnotation build)
    {
        Writer.WriteStartObject("build");
        Writer.WriteString("context", GetManifestRelativePath(build.ContextPath));
        Writer.WriteString("dockerfile", GetManifestRelativePath(build.DockerfilePath));
        if (build.Stage is { } stage)
            Writer.WriteString("stage", stage);
        if (!build.HasEntrypoint)
            Writer.WriteBoolean("buildOnly", true);
        if (build.BuildArguments.Count > 0)
        {
            Writer.WriteStartObject("args");
            foreach ((string name, object? value) in build.BuildArguments)
                Writer.WriteString(name, BuildValue(value));
            Writer.WriteEndObject();
        }

        if (build.BuildSecrets.Count > 0)
        {
            Writer.WriteStartObject("secrets");
            foreach ((string name, object value) in build.BuildSecrets)
            {
                Writer.WriteStartObject(name);
                Writer.WriteString("type", value is FileInfo ? "file" : "env");
                Writer.WriteString(value is FileInfo ? "source" : "value", BuildValue(value));
                Writer.WriteEndObject();
            }

            Writer.WriteEndObject();
        }

        Writer.WriteEndObject();
    }

    // Null stays null: the builder takes the value from its own environment.
    private string? BuildValue(object? value)
    {
        TryAddDependentResources(value);
        return value switch
        {
            null => null,
            FileInfo file => GetManifestRelativePath(file.FullName),
            bool flag => flag ? "true" : "false",
            IManifestExpressionProvider expression => Expression(value, expression.ValueExpression),
            IResourceBuilder<IResource> { Resource: IManifestExpressionProvider expression } => expression.ValueExpression,
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
    }

    private void WriteMounts(ContainerResource container)
    {
        ContainerMountAnnotation[] mounts = [.. container.Annotations.OfType<ContainerMountAnnotation>()];
        WriteMounts("bindMounts", "source", mounts.Where(mount => mount.Type == ContainerMountType.BindMount), mount => GetManifestRelativePath(mount.Source));
        WriteMounts("volumes", "name", mounts.Where(mount => mount.Type == ContainerMountType.Volume), mount => mount.Source);
    }

    private void WriteMounts(string member, string sourceMember, IEnumerable<ContainerMountAnnotation> mounts, Func<ContainerMountAnnotation, string?> source)
    {
        if (!mounts.Any())
            return;
        Writer.WriteStartArray(member);
        foreach (ContainerMountAnnotation mount in mounts)
        {
            Writer.WriteStartObject();
            if (source(mount) is { } from)
                Writer.WriteString(sourceMember, from);
            Writer.WriteString("target", mount.Target.Replace('\\', '/'));
            Writer.WriteBoolean("readOnly", mount.IsReadOnly);
            Writer.WriteEndObject();
        }

        Writer.WriteEndArray();
    }

    private void WriteFiltered(FilteredParameter filtered)
    {
        Writer.WriteStartObject(filtered.Name);
        Writer.WriteString("type", "annotated.string");
        Writer.WriteString("value", filtered.Parameter.ValueExpression);
        Writer.WriteString("filter", filtered.Filter);
        Writer.WriteEndObject();
    }

    private string Expression(object value, string plain) => value is ReferenceExpression expression ? _filtered.Expression(expression) : plain;

    private static DistributedApplicationException Failed(IResource resource, Exception failure) =>
        new($"'{resource.Name}' cannot be written into the manifest: {failure.Message}", failure);
}
