using System.Data.Common;
using Lakehouse.ServiceDefaults.Hosting;

namespace Lakehouse.ServiceDefaults.Clients.S3;

/// <summary>
/// Where an S3 object store is. A connection string reads
/// <c>s3://bucket/prefix;Endpoint=http://host:9000;AccessKey=…;SecretKey=…;Region=us-east-1</c>; without access key the
/// AWS SDK's own chain of credentials applies; without endpoint or region those of <c>AWS_ENDPOINT_URL_S3</c> and <c>AWS_REGION</c>, else
/// Amazon's.
/// </summary>
public sealed class S3ObjectStoreSettings
{
    /// <summary>What connection strings begin with.</summary>
    public const string Scheme = "s3://";

    /// <summary>The bucket.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>What the keys of the store begin with, without slashes at the ends; may be empty.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The server; null for Amazon's.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The access key's id.</summary>
    public string? AccessKey { get; set; }

    /// <summary>The secret key.</summary>
    public string? SecretKey { get; set; }

    /// <summary>The token that temporary keys come with.</summary>
    public string? SessionToken { get; set; }

    /// <summary>Whether the bucket stands in the path of a URL; null = yes where <see cref="Endpoint"/> is set.</summary>
    public bool? PathStyle { get; set; }

    /// <summary>The region that requests are signed for.</summary>
    public string Region { get; set; } = "us-east-1";

    /// <summary>Whether the health check is left out.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Reads a connection string.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="connectionString">The text.</param>
    /// <exception cref="ServiceConfigurationException">It cannot be understood; the message holds no secret.</exception>
    public static S3ObjectStoreSettings Parse(string name, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        int end = connectionString.IndexOf(';', StringComparison.Ordinal);
        string place = end < 0 ? connectionString : connectionString[..end];
        if (!place.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw Wrong(name, $"does not begin with {Scheme}BUCKET");
        string[] parts = place[Scheme.Length..].Split('/', 2);
        var settings = new S3ObjectStoreSettings { Bucket = parts[0], Prefix = parts.Length > 1 ? parts[1].Trim('/') : "" };
        if (settings.Bucket.Length == 0) throw Wrong(name, "names no bucket");
        DbConnectionStringBuilder rest;
        try
        {
            rest = new DbConnectionStringBuilder { ConnectionString = end < 0 ? "" : connectionString[(end + 1)..] };
        }
        catch (ArgumentException)
        {
            throw Wrong(name, "has parts that are not Name=Value");
        }
        if ((Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3") ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL")) is { Length: > 0 } endpoint)
            settings.Set(name, nameof(Endpoint), endpoint);
        if ((Environment.GetEnvironmentVariable("AWS_REGION") ?? Environment.GetEnvironmentVariable("AWS_DEFAULT_REGION")) is { Length: > 0 } region)
            settings.Region = region;
        foreach (string key in rest.Keys!.Cast<string>())
            settings.Set(name, key, (string)rest[key]);
        return settings;
    }

    private void Set(string name, string key, string value)
    {
        switch (key.ToUpperInvariant())
        {
            case "ENDPOINT":
                Endpoint = Uri.TryCreate(value, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? uri : throw Wrong(name, "has an Endpoint that is no http(s) address");
                break;
            case "ACCESSKEY":
                AccessKey = value;
                break;
            case "SECRETKEY":
                SecretKey = value;
                break;
            case "SESSIONTOKEN":
                SessionToken = value;
                break;
            case "PATHSTYLE":
                PathStyle = bool.TryParse(value, out bool yes) ? yes : throw Wrong(name, "has a PathStyle that is neither true nor false");
                break;
            case "WRITERS" or "CACHE" or "CACHESIZE":
                // Of the table engine's store (docs/s3.md), which reads the same text.
                break;
            case "REGION":
                Region = value;
                break;
            default:
                throw Wrong(name, $"has an unknown part '{key}'");
        }
    }

    private static ServiceConfigurationException Wrong(string name, string what) =>
        new($"The connection string '{name}' {what}: write s3://BUCKET/PREFIX;Endpoint=http://HOST:PORT;AccessKey=…;SecretKey=…;Region=us-east-1.");
}
