using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Calls what adds arguments, in order.</summary>
internal sealed class ArgumentsGatherer : IExecutionConfigurationGatherer
{
    public async ValueTask GatherAsync(IExecutionConfigurationGathererContext context, IResource resource, ILogger resourceLogger, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken = default)
    {
        var arguments = new CommandLineArgsCallbackContext(context.Arguments, resource, cancellationToken) { ExecutionContext = executionContext, Logger = resourceLogger };
        foreach (CommandLineArgsCallbackAnnotation annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
            await annotation.Callback(arguments).ConfigureAwait(false);
    }
}

/// <summary>Calls what adds variables, in order.</summary>
internal sealed class EnvironmentGatherer : IExecutionConfigurationGatherer
{
    public async ValueTask GatherAsync(IExecutionConfigurationGathererContext context, IResource resource, ILogger resourceLogger, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken = default)
    {
        var variables = new EnvironmentCallbackContext(executionContext, resource, context.EnvironmentVariables, cancellationToken) { Logger = resourceLogger };
        foreach (EnvironmentCallbackAnnotation annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
            await annotation.Callback(variables).ConfigureAwait(false);
    }
}

/// <summary>What the sources gave.</summary>
internal sealed class ExecutionConfigurationGathererContext : IExecutionConfigurationGathererContext
{
    public List<object> Arguments { get; } = [];

    public Dictionary<string, object> EnvironmentVariables { get; } = [];

    public List<IExecutionConfigurationData> AdditionalData { get; } = [];

    public void AddAdditionalData(IExecutionConfigurationData metadata) => AdditionalData.Add(metadata);
}

/// <summary>What the sources gave, resolved.</summary>
internal sealed class ExecutionConfigurationResult : IExecutionConfigurationResult
{
    public required IReadOnlyList<(object Unprocessed, string Processed, bool IsSensitive)> ArgumentsWithUnprocessed { get; init; }

    public required IReadOnlyList<KeyValuePair<string, (object Unprocessed, string Processed)>> EnvironmentVariablesWithUnprocessed { get; init; }

    public required IReadOnlyList<IExecutionConfigurationData> AdditionalConfigurationData { get; init; }

    public required Exception? Exception { get; init; }

    public IEnumerable<object> References => ArgumentsWithUnprocessed.Select(argument => argument.Unprocessed)
        .Concat(EnvironmentVariablesWithUnprocessed.Select(variable => variable.Value.Unprocessed))
        .Where(value => value is IValueProvider or IManifestExpressionProvider or IResourceBuilder<IResource>)
        .Distinct();

    public IEnumerable<(string Value, bool IsSensitive)> Arguments => ArgumentsWithUnprocessed.Select(argument => (argument.Processed, argument.IsSensitive));

    public IEnumerable<KeyValuePair<string, string>> EnvironmentVariables =>
        EnvironmentVariablesWithUnprocessed.Select(variable => KeyValuePair.Create(variable.Key, variable.Value.Processed));

    IEnumerable<(object Unprocessed, string Processed, bool IsSensitive)> IExecutionConfigurationResult.ArgumentsWithUnprocessed => ArgumentsWithUnprocessed;

    IEnumerable<KeyValuePair<string, (object Unprocessed, string Processed)>> IExecutionConfigurationResult.EnvironmentVariablesWithUnprocessed => EnvironmentVariablesWithUnprocessed;

    IEnumerable<IExecutionConfigurationData> IExecutionConfigurationResult.AdditionalConfigurationData => AdditionalConfigurationData;
}
