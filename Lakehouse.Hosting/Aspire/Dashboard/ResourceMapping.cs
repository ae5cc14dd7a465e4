using Aspire.Hosting.ApplicationModel;
using Google.Protobuf.WellKnownTypes;
using Wire = Aspire.Hosting.Dashboard.Protocol;

namespace Aspire.Hosting.Dashboard;

/// <summary>Puts the state of a resource into the dashboard's words.</summary>
internal static class ResourceMapping
{
    /// <summary>One instance of a resource, as the dashboard is to show it.</summary>
    public static Wire.Resource ToWire(ResourceEvent resourceEvent)
    {
        var (name, snapshot) = (resourceEvent.ResourceId, resourceEvent.Snapshot);
        var resource = new Wire.Resource
        {
            Name = name,
            ResourceType = snapshot.ResourceType,
            DisplayName = resourceEvent.Resource.Name,
            Uid = name,
            State = snapshot.State?.Text ?? "",
            StateStyle = snapshot.State?.Style ?? "",
            IsHidden = snapshot.IsHidden,
            CreatedAt = Time(snapshot.CreationTimeStamp),
            StartedAt = Time(snapshot.StartTimeStamp),
            StoppedAt = Time(snapshot.StopTimeStamp),
        };
        if (Icon(resourceEvent) is { } icon)
            (resource.IconName, resource.IconVariant) = (icon.Name, icon.Variant == IconVariant.Filled ? Wire.IconVariant.Filled : Wire.IconVariant.Regular);

        resource.Properties.AddRange(Known(resourceEvent).Concat(snapshot.Properties.Select(p => (p.Name, p.Value, p.IsSensitive)))
            .Select(p => new Wire.ResourceProperty { Name = p.Name, Value = ToValue(p.Value), IsSensitive = p.IsSensitive }));
        resource.Environment.AddRange(OrEmpty(snapshot.EnvironmentVariables)
            .Select(v => new Wire.EnvironmentVariable { Name = v.Name, Value = v.Value ?? "", IsFromSpec = v.IsFromSpec }));
        resource.Urls.AddRange(OrEmpty(snapshot.Urls).Select(ToWire));
        resource.Volumes.AddRange(OrEmpty(snapshot.Volumes)
            .Select(v => new Wire.Volume { Source = v.Source ?? "", Target = v.Target, MountType = v.MountType, IsReadOnly = v.IsReadOnly }));
        resource.HealthReports.AddRange(OrEmpty(snapshot.HealthReports).Select(ToWire));
        resource.Relationships.AddRange(OrEmpty(snapshot.Relationships)
            .Select(r => new Wire.ResourceRelationship { ResourceName = r.ResourceName, Type = r.Type }));
        resource.Commands.AddRange(OrEmpty(snapshot.Commands).Select(ToWire));
        return resource;
    }

    /// <summary>The properties that the dashboard gives every resource by name.</summary>
    private static IEnumerable<(string Name, object? Value, bool IsSensitive)> Known(ResourceEvent resourceEvent)
    {
        var (name, snapshot) = (resourceEvent.ResourceId, resourceEvent.Snapshot);
        yield return ("resource.uid", name, false);
        yield return ("resource.name", name, false);
        yield return ("resource.type", snapshot.ResourceType, false);
        yield return ("resource.displayName", resourceEvent.Resource.Name, false);
        yield return ("resource.state", snapshot.State?.Text, false);
        yield return ("resource.exitCode", snapshot.ExitCode, false);
        yield return ("resource.createTime", snapshot.CreationTimeStamp, false);
        yield return ("resource.startTime", snapshot.StartTimeStamp, false);
        yield return ("resource.stopTime", snapshot.StopTimeStamp, false);
        yield return ("resource.healthState", snapshot.HealthStatus?.ToString(), false);
    }

    private static (string Name, IconVariant Variant)? Icon(ResourceEvent resourceEvent)
    {
        if (resourceEvent.Snapshot.IconName is { } name)
            return (name, resourceEvent.Snapshot.IconVariant ?? IconVariant.Filled);
        return resourceEvent.Resource.Annotations.OfType<ResourceIconAnnotation>().LastOrDefault() is { } icon ? (icon.IconName, icon.IconVariant) : null;
    }

    private static Wire.Url ToWire(UrlSnapshot url) => new()
    {
        EndpointName = url.Name ?? "",
        FullUrl = url.Url,
        IsInternal = url.IsInternal,
        IsInactive = url.IsInactive,
        DisplayProperties = new Wire.UrlDisplayProperties
        {
            DisplayName = url.DisplayProperties?.DisplayName ?? "",
            SortOrder = url.DisplayProperties?.SortOrder ?? 0,
        },
    };

    private static Wire.HealthReport ToWire(HealthReportSnapshot report)
    {
        var wire = new Wire.HealthReport
        {
            Key = report.Name,
            Description = report.Description ?? "",
            Exception = report.ExceptionText ?? "",
            LastRunAt = Time(report.LastRunAt),
        };
        if (report.Status is { } status)
            wire.Status = status switch
            {
                Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy => Wire.HealthStatus.Healthy,
                Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Degraded => Wire.HealthStatus.Degraded,
                _ => Wire.HealthStatus.Unhealthy,
            };
        return wire;
    }

    private static Wire.ResourceCommand ToWire(ResourceCommandSnapshot command) => new()
    {
        Name = command.Name,
        DisplayName = command.DisplayName,
        DisplayDescription = command.DisplayDescription ?? "",
        ConfirmationMessage = command.ConfirmationMessage ?? "",
        Parameter = ToValue(command.Parameter),
        IconName = command.IconName ?? "",
        IconVariant = command.IconVariant == IconVariant.Filled ? Wire.IconVariant.Filled : Wire.IconVariant.Regular,
        IsHighlighted = command.IsHighlighted,
        State = command.State switch
        {
            ResourceCommandState.Enabled => Wire.ResourceCommandState.Enabled,
            ResourceCommandState.Disabled => Wire.ResourceCommandState.Disabled,
            _ => Wire.ResourceCommandState.Hidden,
        },
    };

    private static Value ToValue(object? value) => value switch
    {
        null => Value.ForNull(),
        string s => Value.ForString(s),
        bool b => Value.ForBool(b),
        int i => Value.ForNumber(i),
        DateTime t => Value.ForString(t.ToString("O")),
        IEnumerable<string> list => Value.ForList([.. list.Select(Value.ForString)]),
        IEnumerable<int> list => Value.ForList([.. list.Select(i => Value.ForNumber(i))]),
        _ => Value.ForString(value.ToString() ?? ""),
    };

    private static Timestamp? Time(DateTime? time) => time is { } t ? Timestamp.FromDateTime(t.ToUniversalTime()) : null;

    private static IEnumerable<T> OrEmpty<T>(System.Collections.Immutable.ImmutableArray<T> items) => items.IsDefault ? [] : items;
}
