namespace Lakehouse.Storage.Tests;

public sealed class StoreAddressTests
{
    [Fact]
    public void A_folder_and_a_file_address_are_folders()
    {
        Assert.Equal(Path.GetFullPath("some/lake"), StoreAddress.Parse("some/lake").Folder);
        Assert.Equal(Path.GetFullPath("/data/lake"), StoreAddress.Parse("file:///data/lake").Folder);
    }

    [Fact]
    public void A_bucket_has_all_its_parts_from_the_text()
    {
        StoreAddress address = StoreAddress.Parse(
            "s3://tables/dev/me/;Endpoint=http://localhost:9000;AccessKey=id;SecretKey='a;b';SessionToken=t;Region=eu-central-1;PathStyle=false;Writers=One;Cache=/var/copies;CacheSize=500MB", _ => null);

        S3Options options = address.S3!;
        Assert.Equal(("tables", "dev/me", new Uri("http://localhost:9000"), "id", "a;b", "t", "eu-central-1"), (options.Bucket, options.Prefix, options.Endpoint, options.AccessKey, options.SecretKey, options.SessionToken, options.Region));
        Assert.Equal((false, true), (options.PathStyle, options.SingleWriter));
        Assert.Equal((Path.GetFullPath("/var/copies"), 500L << 20), (address.Cache!.Folder, address.Cache.MaxBytes));
    }

    [Fact]
    public void What_the_text_leaves_out_comes_from_the_usual_variables()
    {
        Dictionary<string, string> variables = new() { ["AWS_ENDPOINT_URL_S3"] = "https://store:443", ["AWS_REGION"] = "here", ["LAKEHOUSE_CACHE"] = "/copies", ["LAKEHOUSE_CACHE_SIZE"] = "2GB" };

        StoreAddress address = StoreAddress.Parse("s3://tables", variables.GetValueOrDefault);

        Assert.Equal((new Uri("https://store:443"), "here", null, ""), (address.S3!.Endpoint, address.S3.Region, address.S3.AccessKey, address.S3.Prefix));
        Assert.Equal(2L << 30, address.Cache!.MaxBytes);
        Assert.Equal(new Uri("http://other"), StoreAddress.Parse("s3://tables;Endpoint=http://other", variables.GetValueOrDefault).S3!.Endpoint);
    }

    [Theory]
    [InlineData("s3://")]
    [InlineData("s3://tables/../other")]
    [InlineData("s3://tables;Endpoint=ftp://host")]
    [InlineData("s3://tables;Endpoint=http://me:secret@host")]
    [InlineData("s3://tables;SecretKey")]
    [InlineData("s3://tables;SecretKey=secret")]
    [InlineData("s3://tables;Pasword=secret")]
    [InlineData("s3://tables;Writers=secret")]
    [InlineData("s3://tables;CacheSize=secret")]
    [InlineData("abfss://secret@account/lake")]
    public void A_wrong_address_is_refused_without_its_secrets(string text)
    {
        StoreAddressException error = Assert.Throws<StoreAddressException>(() => StoreAddress.Parse(text, _ => null));

        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_of_an_address_or_its_options_holds_a_key()
    {
        StoreAddress address = StoreAddress.Parse("s3://tables/dev;Endpoint=http://localhost:9000;AccessKey=the-id;SecretKey=the-secret;Cache=/tmp/none", _ => null);

        foreach (string text in new[] { address.ToString(), address.S3!.ToString(), $"{address.S3}", new S3ObjectStore(address.S3).Name })
        {
            Assert.Equal("s3://tables/dev at http://localhost:9000", text);
        }
    }
}
