using Amazon.S3;
using Lakehouse.ServiceDefaults.Clients.S3;
using Lakehouse.ServiceDefaults.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class S3ClientTests
{
    [Fact]
    public void A_connection_string_names_bucket_prefix_endpoint_and_keys()
    {
        var settings = S3ObjectStoreSettings.Parse("lake", "s3://tables/dev/me/;Endpoint=http://localhost:9000;AccessKey=id;SecretKey='a;b';Region=eu-central-1");
        Assert.Equal(("tables", "dev/me", new Uri("http://localhost:9000"), "id", "a;b", "eu-central-1"),
            (settings.Bucket, settings.Prefix, settings.Endpoint, settings.AccessKey, settings.SecretKey, settings.Region));
    }

    [Theory]
    [InlineData("/data/lake")]
    [InlineData("s3://")]
    [InlineData("s3://bucket;Endpoint=ftp://host")]
    [InlineData("s3://bucket;SecretKey")]
    [InlineData("s3://bucket;Pasword=secret")]
    public void A_wrong_connection_string_is_refused_without_its_secrets(string text)
    {
        ServiceConfigurationException error = Assert.Throws<ServiceConfigurationException>(() => S3ObjectStoreSettings.Parse("lake", text));
        Assert.Contains("'lake'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_client_speaks_to_any_store_by_path_and_without_the_newer_checksums()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:lake", "s3://tables;Endpoint=http://localhost:9000;AccessKey=id;SecretKey=key")]);
        builder.AddS3ObjectStore("lake");
        using ServiceProvider services = builder.Services.BuildServiceProvider();
        var config = (AmazonS3Config)services.GetRequiredService<IAmazonS3>().Config;
        Assert.True(config.ForcePathStyle);
        Assert.Equal("http://localhost:9000/", config.ServiceURL);
        Assert.Equal(Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED, config.RequestChecksumCalculation);
    }
}
