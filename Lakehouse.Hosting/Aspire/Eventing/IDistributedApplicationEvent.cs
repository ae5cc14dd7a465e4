using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Eventing;

/// <summary>Something that happened in an application's life.</summary>
public interface IDistributedApplicationEvent;

/// <summary>Something that happened in a resource's life.</summary>
public interface IDistributedApplicationResourceEvent : IDistributedApplicationEvent
{
    IResource Resource { get; }

    /// <exception cref="InvalidOperationException">The event carries no services.</exception>
    IServiceProvider Services => throw new InvalidOperationException($"A {GetType().Name} carries no services.");

    /// <summary>The console log of the resource.</summary>
    ILogger Logger => Services.GetRequiredService<ResourceLoggerService>().GetLogger(Resource);
}
