using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>With what a resource is started: its variables and arguments, as values. Ports that differ between replicas are DCP's templates.</summary>
internal sealed record LaunchConfiguration(IReadOnlyList<KeyValuePair<string, string>> Environment, IReadOnlyList<string> Arguments)
{
    /// <summary>Runs the callbacks of a resource and resolves what they set, each value waiting until it can be known.</summary>
    /// <exception cref="DistributedApplicationException">A value cannot be had; the message names the variable or argument and why.</exception>
    public static async Task<LaunchConfiguration> ResolveAsync(
        IResource resource, DistributedApplicationExecutionContext execution, Telemetry telemetry, ILogger logger, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, object>(StringComparer.Ordinal);
        var environment = new EnvironmentCallbackContext(execution, resource, variables, cancellationToken) { Logger = logger };
        foreach (var callback in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
            await callback.Callback(environment).ConfigureAwait(false);
        telemetry.AddTo(resource, variables);

        var items = new List<object>();
        var arguments = new CommandLineArgsCallbackContext(items, resource, cancellationToken) { ExecutionContext = execution, Logger = logger };
        foreach (var callback in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
            await callback.Callback(arguments).ConfigureAwait(false);

        var context = new ValueProviderContext { ExecutionContext = execution, Caller = resource };
        var resolved = new List<KeyValuePair<string, string>>();
        foreach (var (name, value) in variables)
        {
            if (await ValueAsync(value, $"environment variable '{name}'", resource, context, cancellationToken).ConfigureAwait(false) is { } text)
                resolved.Add(new(name, text));
        }
        var values = new List<string>();
        foreach (var (index, item) in items.Index())
        {
            if (await ValueAsync(item, $"argument {index + 1}", resource, context, cancellationToken).ConfigureAwait(false) is { } text)
                values.Add(text);
        }
        return new LaunchConfiguration(resolved, values);
    }

    /// <summary>The text of a value; null for one that says it has none, which is then left out.</summary>
    public static async Task<string?> ValueAsync(object? value, string what, IResource resource, ValueProviderContext context, CancellationToken cancellationToken)
    {
        try
        {
            return value switch
            {
                null => null,
                string text => text,
                IValueProvider provider => await provider.GetValueAsync(context, cancellationToken).ConfigureAwait(false),
                IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(context, cancellationToken).ConfigureAwait(false),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString(),
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new DistributedApplicationException($"The {what} of resource '{resource.Name}' has no value: {e.Message}", e);
        }
    }
}
