using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting.Dcp;

/// <summary>The name under which DCP's API serves a kind of object.</summary>
internal interface IDcpKind
{
    /// <summary>The kind as objects state it, such as <c>Executable</c>.</summary>
    static abstract string Kind { get; }

    /// <summary>The last part of its address, such as <c>executables</c>.</summary>
    static abstract string Plural { get; }
}

/// <summary>An object of DCP's Kubernetes-style API: what is wanted (<see cref="Spec"/>) and what is (<see cref="Status"/>).</summary>
internal abstract class DcpObject<TSpec, TStatus> : IDcpObject
{
    public string? ApiVersion { get; init; } = DcpApi.GroupVersion;

    public string? Kind { get; init; }

    public DcpMetadata Metadata { get; init; } = new();

    public required TSpec Spec { get; set; }

    /// <summary>Null until DCP has looked at the object for the first time.</summary>
    public TStatus? Status { get; init; }
}

/// <summary>What all objects of DCP have.</summary>
internal interface IDcpObject
{
    DcpMetadata Metadata { get; }
}

internal sealed class DcpMetadata
{
    public string Name { get; set; } = "";

    public string? Uid { get; init; }

    public DateTime? CreationTimestamp { get; init; }

    public Dictionary<string, string>? Annotations { get; set; }
}

/// <summary>An environment variable as it was asked for (a template) or as the process got it.</summary>
internal sealed record DcpEnvironmentVariable(string Name, string? Value);

/// <summary>One event of a watch: <c>ADDED</c> for every object that existed, then <c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>.</summary>
internal sealed record DcpWatchEvent<T>(string Type, T Object)
{
    public bool IsDeletion => Type == "DELETED";
}

/// <summary>The addresses and annotation names of DCP's API that this project uses.</summary>
internal static class DcpApi
{
    public const string Group = "usvc-dev.developer.microsoft.com";
    public const string GroupVersion = Group + "/v1";
    public const string Root = "apis/" + GroupVersion;

    /// <summary>JSON list of <see cref="DcpServiceProducer"/>: the services a program or container serves.</summary>
    public const string ServiceProducerAnnotation = "service-producer";
    public const string ResourceNameAnnotation = "resource-name";
    public const string EndpointNameAnnotation = "endpoint-name";
    public const string OtelServiceNameAnnotation = "otel-service-name";
    public const string OtelServiceInstanceIdAnnotation = "otel-service-instance-id";

    /// <summary>Property names in camel case, absent values left out.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}

/// <summary>Says that an object serves a service, at this address and port if they are fixed.</summary>
internal sealed record DcpServiceProducer(string ServiceName, string? Address, int? Port);
