namespace Aspire.Hosting.ApplicationModel;

/// <summary>How far dependencies are followed.</summary>
public enum ResourceDependencyDiscoveryMode
{
    Recursive = 0,
    DirectOnly = 1,
}

/// <summary>Finds what a resource needs: its parent, what it waits for, what its arguments and variables are made of.</summary>
internal static class ResourceDependencies
{
    public static async Task<IReadOnlySet<IResource>> OfAsync(IResource resource, DistributedApplicationExecutionContext executionContext, ResourceDependencyDiscoveryMode mode, CancellationToken cancellationToken)
    {
        var found = new HashSet<IResource>();
        var open = new Queue<IResource>([resource]);
        while (open.TryDequeue(out IResource? next))
        {
            foreach (IResource dependency in await DirectAsync(next, executionContext, cancellationToken).ConfigureAwait(false))
            {
                if (found.Add(dependency) && mode == ResourceDependencyDiscoveryMode.Recursive)
                    open.Enqueue(dependency);
            }
        }

        found.Remove(resource);
        return found;
    }

    private static async Task<HashSet<IResource>> DirectAsync(IResource resource, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        var found = new HashSet<IResource>(resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource));
        if (resource is IResourceWithParent child)
            found.Add(child.Parent);
        if (resource.TryGetLastAnnotation(out ConnectionStringRedirectAnnotation? redirect))
            found.Add(redirect.Resource);

        var gathered = new ExecutionConfigurationGathererContext();
        var logger = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        await new ArgumentsGatherer().GatherAsync(gathered, resource, logger, executionContext, cancellationToken).ConfigureAwait(false);
        await new EnvironmentGatherer().GatherAsync(gathered, resource, logger, executionContext, cancellationToken).ConfigureAwait(false);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (object value in gathered.Arguments.Concat(gathered.EnvironmentVariables.Values))
            Collect(value, found, seen);
        if (resource is IResourceWithConnectionString connected)
            Collect(connected.ConnectionStringExpression, found, seen);
        return found;
    }

    // A resource ends the walk: what it needs is its own affair, and comes when it is asked itself.
    private static void Collect(object value, HashSet<IResource> found, HashSet<object> seen)
    {
        if (value is IResourceBuilder<IResource> builder)
            value = builder.Resource;
        if (!seen.Add(value))
            return;
        if (value is IResource resource)
        {
            found.Add(resource);
            return;
        }

        if (value is IValueWithReferences compound)
        {
            foreach (object reference in compound.References)
                Collect(reference, found, seen);
        }
    }
}
