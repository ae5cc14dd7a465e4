using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>Adds connection strings that are made of others' parts.</summary>
public static class ConnectionStringBuilderExtensions
{
    /// <summary>Adds a connection string. It is available once what it is made of has started.</summary>
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(this IDistributedApplicationBuilder builder, [ResourceName] string name, ReferenceExpression connectionStringExpression)
    {
        ArgumentNullException.ThrowIfNull(builder);
        IResourceBuilder<ConnectionStringResource> added = builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
        foreach (IResource part in Parts(connectionStringExpression))
            added.WaitForStart(builder.CreateResourceBuilder(part));
        return added.WithReferenceRelationship(connectionStringExpression)
            .WithInitialState(new() { ResourceType = "ConnectionString", State = KnownResourceStates.NotStarted, Properties = [] })
            .OnInitializeResource(StartAsync);
    }

    /// <inheritdoc cref="AddConnectionString(IDistributedApplicationBuilder, string, ReferenceExpression)"/>
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(this IDistributedApplicationBuilder builder, [ResourceName] string name, Action<ReferenceExpressionBuilder> connectionStringBuilder)
    {
        ArgumentNullException.ThrowIfNull(connectionStringBuilder);
        var expression = new ReferenceExpressionBuilder();
        connectionStringBuilder(expression);
        return builder.AddConnectionString(name, expression.Build());
    }

    private static async Task StartAsync(ConnectionStringResource resource, InitializeResourceEvent initialize, CancellationToken cancellationToken)
    {
        try
        {
            await initialize.Eventing.PublishAsync(new BeforeResourceStartedEvent(resource, initialize.Services), cancellationToken).ConfigureAwait(false);
            await initialize.Notifications.PublishUpdateAsync(resource, snapshot => snapshot with { State = KnownResourceStates.Running }).ConfigureAwait(false);
            await initialize.Eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, initialize.Services), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            initialize.Logger.LogError(failure, "Failed to resolve connection string for resource '{Resource}'", resource.Name);
            await initialize.Notifications.PublishUpdateAsync(resource, snapshot => snapshot with { State = KnownResourceStates.FailedToStart }).ConfigureAwait(false);
        }
    }

    private static IEnumerable<IResource> Parts(ReferenceExpression expression) =>
        ((IValueWithReferences)expression).References
            .SelectMany(value => value is IResource ? [value] : (value as IValueWithReferences)?.References.SelectMany(inner => inner is EndpointReference endpoint ? [endpoint.Resource] : new[] { inner }) ?? [])
            .OfType<IResource>()
            .Where(part => part is not ParameterResource)
            .Distinct();
}
