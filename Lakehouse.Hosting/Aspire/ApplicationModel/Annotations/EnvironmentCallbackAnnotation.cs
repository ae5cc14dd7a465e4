using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Adds to the environment of a resource when it starts or is published.</summary>
public class EnvironmentCallbackAnnotation : IResourceAnnotation
{
    public EnvironmentCallbackAnnotation(string name, Func<string> callback)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(callback);
        Callback = Synchronous(context => context.EnvironmentVariables[name] = callback());
    }

    public EnvironmentCallbackAnnotation(Action<Dictionary<string, object>> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Callback = Synchronous(context => callback(context.EnvironmentVariables));
    }

    public EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Callback = Synchronous(callback);
    }

    public EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Callback = callback;
    }

    public Func<EnvironmentCallbackContext, Task> Callback { get; }

    private static Func<EnvironmentCallbackContext, Task> Synchronous(Action<EnvironmentCallbackContext> callback) => context =>
    {
        callback(context);
        return Task.CompletedTask;
    };
}

/// <summary>The environment of a resource so far.</summary>
public class EnvironmentCallbackContext
{
    private readonly IResource? _resource;

    public EnvironmentCallbackContext(DistributedApplicationExecutionContext executionContext, IResource resource, Dictionary<string, object>? environmentVariables = null, CancellationToken cancellationToken = default)
        : this(executionContext, environmentVariables, cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);
        _resource = resource;
    }

    public EnvironmentCallbackContext(DistributedApplicationExecutionContext executionContext, Dictionary<string, object>? environmentVariables = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(executionContext);
        ExecutionContext = executionContext;
        EnvironmentVariables = environmentVariables ?? [];
        CancellationToken = cancellationToken;
    }

    /// <summary>Strings and <see cref="IValueProvider"/>s by name; later ones overwrite earlier ones.</summary>
    public Dictionary<string, object> EnvironmentVariables { get; }

    /// <summary>Whether it runs or is published, which often decides.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <exception cref="InvalidOperationException">The context was made without a resource.</exception>
    public IResource Resource => _resource ?? throw new InvalidOperationException($"This {nameof(EnvironmentCallbackContext)} was made without a resource.");

    /// <summary>The console log of the resource.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    public CancellationToken CancellationToken { get; }
}
