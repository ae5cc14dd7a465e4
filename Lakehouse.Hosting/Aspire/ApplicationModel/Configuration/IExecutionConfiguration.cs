using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Works out what a resource is started with: choose the sources, then build.</summary>
public interface IExecutionConfigurationBuilder
{
    IExecutionConfigurationBuilder AddExecutionConfigurationGatherer(IExecutionConfigurationGatherer gatherer);

    /// <summary>Asks all sources and resolves what they gave: to values in run mode, to expressions in publish mode.</summary>
    Task<IExecutionConfigurationResult> BuildAsync(DistributedApplicationExecutionContext executionContext, ILogger? resourceLogger = null, CancellationToken cancellationToken = default);
}

/// <summary>A source of arguments and variables.</summary>
public interface IExecutionConfigurationGatherer
{
    ValueTask GatherAsync(IExecutionConfigurationGathererContext context, IResource resource, ILogger resourceLogger, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken = default);
}

/// <summary>What the sources gave so far.</summary>
public interface IExecutionConfigurationGathererContext
{
    List<object> Arguments { get; }

    Dictionary<string, object> EnvironmentVariables { get; }

    void AddAdditionalData(IExecutionConfigurationData metadata);
}

/// <summary>Something else that a source has to tell.</summary>
public interface IExecutionConfigurationData;

/// <summary>What a resource is started with.</summary>
public interface IExecutionConfigurationResult
{
    /// <summary>Everything that arguments and variables were made of.</summary>
    IEnumerable<object> References { get; }

    IEnumerable<(object Unprocessed, string Processed, bool IsSensitive)> ArgumentsWithUnprocessed { get; }

    IEnumerable<(string Value, bool IsSensitive)> Arguments { get; }

    IEnumerable<KeyValuePair<string, (object Unprocessed, string Processed)>> EnvironmentVariablesWithUnprocessed { get; }

    IEnumerable<KeyValuePair<string, string>> EnvironmentVariables { get; }

    IEnumerable<IExecutionConfigurationData> AdditionalConfigurationData { get; }

    /// <summary>Why some of it is missing; several failures are one <see cref="AggregateException"/>.</summary>
    Exception? Exception { get; }
}
