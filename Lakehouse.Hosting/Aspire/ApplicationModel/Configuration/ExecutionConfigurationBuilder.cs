using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Works out what a resource is started with.</summary>
public sealed class ExecutionConfigurationBuilder : IExecutionConfigurationBuilder
{
    private readonly IResource _resource;
    private readonly List<IExecutionConfigurationGatherer> _gatherers = [];

    internal ExecutionConfigurationBuilder(IResource resource)
    {
        _resource = resource;
    }

    public static IExecutionConfigurationBuilder Create(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ExecutionConfigurationBuilder(resource);
    }

    public IExecutionConfigurationBuilder AddExecutionConfigurationGatherer(IExecutionConfigurationGatherer gatherer)
    {
        _gatherers.Add(gatherer);
        return this;
    }

    public async Task<IExecutionConfigurationResult> BuildAsync(DistributedApplicationExecutionContext executionContext, ILogger? resourceLogger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(executionContext);
        resourceLogger ??= executionContext.ServiceProvider.GetRequiredService<ResourceLoggerService>().GetLogger(_resource);
        var gathered = new ExecutionConfigurationGathererContext();
        foreach (IExecutionConfigurationGatherer gatherer in _gatherers)
            await gatherer.GatherAsync(gathered, _resource, resourceLogger, executionContext, cancellationToken).ConfigureAwait(false);

        var resolver = new ValueResolver(_resource, executionContext);
        var failures = new List<Exception>();
        var arguments = new List<(object, string, bool)>();
        foreach (object argument in gathered.Arguments)
        {
            if (await TryResolveAsync(argument, "an argument").ConfigureAwait(false) is { } value)
                arguments.Add((argument, value, ValueResolver.IsSensitive(argument)));
        }

        var variables = new List<KeyValuePair<string, (object, string)>>();
        foreach ((string name, object variable) in gathered.EnvironmentVariables)
        {
            if (await TryResolveAsync(variable, $"the environment variable '{name}'").ConfigureAwait(false) is { } value)
                variables.Add(new(name, (variable, value)));
        }

        return new ExecutionConfigurationResult
        {
            ArgumentsWithUnprocessed = arguments,
            EnvironmentVariablesWithUnprocessed = variables,
            AdditionalConfigurationData = gathered.AdditionalData,
            Exception = failures.Count switch { 0 => null, 1 => failures[0], _ => new AggregateException(failures) },
        };

        // One value that cannot be had must not hide what is wrong with the others.
        async Task<string?> TryResolveAsync(object value, string what)
        {
            try
            {
                return await resolver.ResolveAsync(value, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                resourceLogger.LogCritical("Failed to apply {What} of '{Resource}': {Message}", what, _resource.Name, failure.Message);
                failures.Add(failure);
                return null;
            }
        }
    }
}

/// <summary>The sources that every resource has.</summary>
public static class ExecutionConfigurationBuilderExtensions
{
    /// <summary>With what <see cref="CommandLineArgsCallbackAnnotation"/>s add.</summary>
    public static IExecutionConfigurationBuilder WithArgumentsConfig(this IExecutionConfigurationBuilder builder) =>
        builder.AddExecutionConfigurationGatherer(new ArgumentsGatherer());

    /// <summary>With what <see cref="EnvironmentCallbackAnnotation"/>s add.</summary>
    public static IExecutionConfigurationBuilder WithEnvironmentVariablesConfig(this IExecutionConfigurationBuilder builder) =>
        builder.AddExecutionConfigurationGatherer(new EnvironmentGatherer());
}

/// <summary>Reads a result.</summary>
public static class ExecutionConfigurationResultExtensions
{
    /// <summary>What a source had to tell beside arguments and variables.</summary>
    public static bool TryGetAdditionalData<T>(this IExecutionConfigurationResult configuration, [NotNullWhen(true)] out T? additionalData)
        where T : IExecutionConfigurationData
    {
        additionalData = configuration.AdditionalConfigurationData.OfType<T>().FirstOrDefault();
        return additionalData is not null;
    }
}
