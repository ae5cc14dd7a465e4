using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Eventing;

/// <summary>How the handlers of an event are run.</summary>
public enum EventDispatchBehavior
{
    /// <summary>One after the other; the publisher waits. The first failure ends it.</summary>
    BlockingSequential = 0,

    /// <summary>All at the same time; the publisher waits.</summary>
    BlockingConcurrent = 1,

    /// <summary>One after the other; the publisher does not wait.</summary>
    NonBlockingSequential = 2,

    /// <summary>All at the same time; the publisher does not wait.</summary>
    NonBlockingConcurrent = 3,
}

/// <summary>Tells handlers what happens in an application's life.</summary>
public interface IDistributedApplicationEventing
{
    /// <summary>Calls the handler for every event of the type.</summary>
    DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationEvent;

    /// <summary>Calls the handler for the events of the type that concern one resource.</summary>
    DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationResourceEvent;

    void Unsubscribe(DistributedApplicationEventSubscription subscription);

    /// <summary>Runs the handlers one after the other and waits for them.</summary>
    Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent;

    Task PublishAsync<T>(T @event, EventDispatchBehavior dispatchBehavior, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent;
}
