using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dcp;

/// <summary>One process or container of a resource: its only one, or one of its replicas. Lives as long as the application.</summary>
internal sealed class DcpInstance
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _gone = [];
    private string? _uid;
    private string? _logged;

    private DcpInstance(IResource resource, string name) => (Resource, Name) = (resource, name);

    public IResource Resource { get; }

    /// <summary>Its name in DCP and in the dashboard.</summary>
    public string Name { get; }

    /// <summary>What tells it from the other replicas; the instance id of its telemetry.</summary>
    public string Suffix => Name[(Resource.Name.Length + 1)..];

    /// <summary>Held while it is started or stopped.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Held while a report about it is handled.</summary>
    public SemaphoreSlim Reports { get; } = new(1, 1);

    /// <summary>Ends when its log, so far as there is one, has been copied.</summary>
    public Task Logs { get; set; } = Task.CompletedTask;

    /// <summary>Whether somebody asked for its end, so that the end is no failure.</summary>
    public bool StopRequested { get; set; }

    /// <summary>The last line it wrote to its error output, or that DCP wrote about it: most likely why it failed.</summary>
    public string? LastError { get; set; }

    /// <summary>The variables that the model gives it, as opposed to those it inherits.</summary>
    public IReadOnlySet<string> ModelVariables { get; set; } = new HashSet<string>();

    /// <summary>
    /// The instances of a resource, named once: <c>name-suffix</c>. Suffixes are random, so that an application can run
    /// twice beside itself.
    /// </summary>
    public static IReadOnlyList<DcpInstance> Of(IResource resource)
    {
        if (resource.Annotations.OfType<DcpInstancesAnnotation>().LastOrDefault() is { } named)
            return named.Instances;
        var instances = Enumerable.Range(0, Math.Max(1, resource.GetReplicaCount()))
            .Select(_ => new DcpInstance(resource, $"{resource.Name}-{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 8)}")).ToArray();
        resource.Annotations.Add(new DcpInstancesAnnotation(instances));
        resource.Annotations.Add(new ResourceInstancesAnnotation([.. instances.Select(i => i.Name)]));
        return instances;
    }

    /// <summary>DCP made an object for it.</summary>
    public void Created(string? uid)
    {
        lock (_lock)
            _uid = uid;
    }

    /// <summary>Its object is deleted: what a watch still has to say about that one is of no interest.</summary>
    public void Deleted()
    {
        lock (_lock)
        {
            if (_uid is not null)
                _gone.Add(_uid);
            _uid = null;
        }
    }

    /// <summary>Whether an object is the one it has, or comes to have, rather than a deleted one.</summary>
    public bool Has(IDcpObject value)
    {
        lock (_lock)
            return value.Metadata.Uid is null || !_gone.Contains(value.Metadata.Uid);
    }

    /// <summary>True once for each of its objects: the caller is to follow that object's log.</summary>
    public bool BeginLogs(string? uid)
    {
        lock (_lock)
        {
            if (uid == _logged)
                return false;
            _logged = uid;
            return true;
        }
    }

    /// <summary>Whether DCP has, or had and did not yet lose, an object for it.</summary>
    public bool Exists
    {
        get
        {
            lock (_lock)
                return _uid is not null;
        }
    }

    private sealed class DcpInstancesAnnotation(IReadOnlyList<DcpInstance> instances) : IResourceAnnotation
    {
        public IReadOnlyList<DcpInstance> Instances { get; } = instances;
    }
}
