using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// The order of starting, turned round: what waited for another resource stops before that one, which it may need until the end
/// (a server that is asked to stop with clients connected may well wait for them).
/// </summary>
internal static class StopOrder
{
    /// <summary>Stops resources, each as soon as those that need it have stopped. Such as need each other stop side by side.</summary>
    /// <param name="resources">What is to be stopped.</param>
    /// <param name="stop">Stops one and returns when it has ended; does not throw.</param>
    public static Task RunAsync(IReadOnlyCollection<IResource> resources, Func<IResource, Task> stop)
    {
        var needs = resources.ToDictionary(r => r, NeedsOf);
        var stops = new Dictionary<IResource, Task>();
        return Task.WhenAll(resources.Select(StopAsync));

        Task StopAsync(IResource resource)
        {
            if (!stops.TryGetValue(resource, out var stopped))
            {
                var users = resources.Where(user => user != resource && needs[user].Contains(resource) && !needs[resource].Contains(user));
                stops[resource] = stopped = AfterAsync([.. users.Select(StopAsync)], resource);
            }
            return stopped;
        }

        async Task AfterAsync(Task[] users, IResource resource)
        {
            await Task.WhenAll(users).ConfigureAwait(false);
            await stop(resource).ConfigureAwait(false);
        }
    }

    /// <summary>Everything a resource waits for, directly or not; of a part (a database) also the whole (its server).</summary>
    private static HashSet<IResource> NeedsOf(IResource resource)
    {
        var found = new HashSet<IResource>();
        var open = new Stack<IResource>([resource]);
        while (open.TryPop(out var next))
        {
            foreach (var needed in next.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource).Concat(next is IResourceWithParent part ? [part.Parent] : []))
            {
                if (found.Add(needed))
                    open.Push(needed);
            }
        }
        return found;
    }
}
