using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.Protocol;

namespace Aspire.Hosting.Dashboard;

/// <summary>The latest state of every resource, and its changes for those who subscribe: none is missed between the two.</summary>
internal sealed class ResourceFeed
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Protocol.Resource> _resources = [];
    private readonly HashSet<Channel<WatchResourcesChange>> _subscribers = [];

    /// <summary>Follows the states that are published, until cancelled.</summary>
    public async Task FollowAsync(ResourceNotificationService notifications, CancellationToken cancellationToken)
    {
        await foreach (var change in notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
            Publish(ResourceMapping.ToWire(change));
    }

    /// <summary>All resources as they are now, and the channel their changes come through; to be given to <see cref="Unsubscribe"/>.</summary>
    public (IReadOnlyList<Protocol.Resource> Now, Channel<WatchResourcesChange> Changes) Subscribe()
    {
        var changes = Channel.CreateUnbounded<WatchResourcesChange>(new UnboundedChannelOptions { SingleReader = true });
        lock (_lock)
        {
            _subscribers.Add(changes);
            return ([.. _resources.Values], changes);
        }
    }

    public void Unsubscribe(Channel<WatchResourcesChange> changes)
    {
        lock (_lock)
            _subscribers.Remove(changes);
    }

    private void Publish(Protocol.Resource resource)
    {
        lock (_lock)
        {
            _resources[resource.Name] = resource;
            foreach (var subscriber in _subscribers)
                subscriber.Writer.TryWrite(new WatchResourcesChange { Upsert = resource });
        }
    }
}
