using Amazon.Runtime;
using Amazon.S3;
using Lakehouse.ServiceDefaults.Clients.S3;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers the AWS SDK's client for any S3 object store.</summary>
public static class S3ObjectStoreExtensions
{
    private const string Example = "s3://bucket/prefix;Endpoint=http://host:9000;AccessKey=…;SecretKey=…";

    /// <summary>Registers an <see cref="IAmazonS3"/> and its <see cref="S3ObjectStoreSettings"/> for a connection string, with a health check.</summary>
    /// <exception cref="Lakehouse.ServiceDefaults.Hosting.ServiceConfigurationException">The connection string is missing or wrong.</exception>
    public static void AddS3ObjectStore(
        this IHostApplicationBuilder builder, string connectionName,
        Action<S3ObjectStoreSettings>? configureSettings = null, Action<AmazonS3Config>? configureClient = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddS3ObjectStore(connectionName, builder.Configuration.GetRequiredConnectionString(connectionName, Example), configureSettings, configureClient);
    }

    internal static void AddS3ObjectStore(
        this IHostApplicationBuilder builder, string connectionName, string connectionString,
        Action<S3ObjectStoreSettings>? configureSettings = null, Action<AmazonS3Config>? configureClient = null)
    {
        S3ObjectStoreSettings settings = S3ObjectStoreSettings.Parse(connectionName, connectionString);
        configureSettings?.Invoke(settings);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<IAmazonS3>(_ => Client(settings, configureClient));
        if (!settings.DisableHealthChecks)
            builder.Services.AddHealthChecks().AddCheck<S3HealthCheck>($"S3_{connectionName}");
    }

    private static AmazonS3Client Client(S3ObjectStoreSettings settings, Action<AmazonS3Config>? configure)
    {
        var config = new AmazonS3Config
        {
            AuthenticationRegion = settings.Region,
            // The SDK's default checksums are a newer protocol than most stores speak.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (settings.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.ForcePathStyle = settings.PathStyle ?? true;
        }
        else
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(settings.Region);
        }
        configure?.Invoke(config);
        return settings switch
        {
            { AccessKey: { } access, SessionToken: { } token } => new AmazonS3Client(new SessionAWSCredentials(access, settings.SecretKey ?? "", token), config),
            { AccessKey: { } access } => new AmazonS3Client(new BasicAWSCredentials(access, settings.SecretKey ?? ""), config),
            _ => new AmazonS3Client(config),
        };
    }
}
