using System.Data.Common;
using System.Globalization;

namespace Lakehouse.Storage;

/// <summary>
/// Where a lake or a table is, as people write it: a folder, a <c>file:///</c> address, or
/// <c>s3://bucket/prefix;Endpoint=http://host:9000;AccessKey=…;SecretKey=…</c>. What the text leaves out comes from the AWS SDK's
/// environment variables and profiles. Its own text holds no secrets.
/// </summary>
public sealed class StoreAddress
{
    private const string S3Scheme = "s3://";
    private const string Form = "write s3://BUCKET/PREFIX;Endpoint=http://HOST:PORT;Region=…;AccessKey=…;SecretKey=…, or leave keys, region and endpoint to AWS_* variables";

    private StoreAddress(string? folder, S3Options? s3, DiskCacheOptions? cache) => (Folder, S3, Cache) = (folder, s3, cache);

    /// <summary>The folder, absolute; null when the address is a bucket's.</summary>
    public string? Folder { get; }

    /// <summary>The bucket; null when the address is a folder's.</summary>
    public S3Options? S3 { get; }

    /// <summary>Where copies of a bucket's objects lie.</summary>
    public DiskCacheOptions? Cache { get; }

    /// <summary>Whether a text is a bucket's address.</summary>
    public static bool IsS3(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(S3Scheme, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="environment">Where <c>AWS_ENDPOINT_URL_S3</c>, <c>AWS_ENDPOINT_URL</c>, <c>AWS_REGION</c>, <c>AWS_DEFAULT_REGION</c>,
    /// <c>LAKEHOUSE_CACHE</c> and <c>LAKEHOUSE_CACHE_SIZE</c> are looked up; null = the process's environment.</param>
    /// <exception cref="StoreAddressException">It cannot be understood; the message holds no secret.</exception>
    public static StoreAddress Parse(string text, Func<string, string?>? environment = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        environment ??= Environment.GetEnvironmentVariable;
        if (IsS3(text)) return ParseS3(text, environment);
        if (!text.Contains("://", StringComparison.Ordinal)) return new StoreAddress(Path.GetFullPath(text), null, null);
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.IsFile) return new StoreAddress(Path.GetFullPath(uri.LocalPath), null, null);
        throw new StoreAddressException($"An address that begins with {text[..text.IndexOf("://", StringComparison.Ordinal)]}:// is not understood: give a folder, a file:/// address or an s3:// address.");
    }

    /// <summary>Opens the store. Of a bucket nothing is asked yet; a folder is made with its first object.</summary>
    /// <exception cref="StorageException">The cache's folder cannot be used.</exception>
    public IObjectStore Open() => S3 is { } s3 ? new CachedObjectStore(new S3ObjectStore(s3), Cache!) : new LocalObjectStore(Folder!);

    /// <summary>The folder, or the bucket with its prefix and server.</summary>
    public override string ToString() => Folder ?? S3!.ToString();

    private static StoreAddress ParseS3(string text, Func<string, string?> environment)
    {
        int end = text.IndexOf(';', StringComparison.Ordinal);
        string place = end < 0 ? text : text[..end];
        string[] parts = place[S3Scheme.Length..].Split('/', 2);
        if (parts[0].Length == 0) throw Wrong("names no bucket");
        string prefix = parts.Length > 1 ? parts[1].Trim('/') : "";
        if (prefix.Length > 0 && ObjectKey.FindFault(prefix) is { } fault) throw Wrong($"has a prefix that is none: {fault}");
        DbConnectionStringBuilder settings;
        try
        {
            settings = new DbConnectionStringBuilder { ConnectionString = end < 0 ? "" : text[(end + 1)..] };
        }
        catch (ArgumentException)
        {
            // The message would repeat the text, and with it the key.
            throw Wrong("has parts that are not Name=Value");
        }

        S3Options options = new()
        {
            Bucket = parts[0],
            Prefix = prefix,
            Endpoint = (environment("AWS_ENDPOINT_URL_S3") ?? environment("AWS_ENDPOINT_URL")) is { Length: > 0 } url ? Endpoint(url) : null,
            Region = environment("AWS_REGION") ?? environment("AWS_DEFAULT_REGION"),
        };
        string? cache = environment("LAKEHOUSE_CACHE"), size = environment("LAKEHOUSE_CACHE_SIZE");
        foreach (string key in settings.Keys!.Cast<string>())
        {
            string value = (string)settings[key];
            switch (key.ToUpperInvariant())
            {
                case "ENDPOINT": options = options with { Endpoint = Endpoint(value) }; break;
                case "REGION": options = options with { Region = value }; break;
                case "ACCESSKEY": options = options with { AccessKey = value }; break;
                case "SECRETKEY": options = options with { SecretKey = value }; break;
                case "SESSIONTOKEN": options = options with { SessionToken = value }; break;
                case "PATHSTYLE": options = options with { PathStyle = bool.TryParse(value, out bool yes) ? yes : throw Wrong("has a PathStyle that is neither true nor false") }; break;
                case "WRITERS":
                    options = options with { SingleWriter = value.ToUpperInvariant() switch { "ONE" => true, "MANY" => false, _ => throw Wrong("has Writers that are neither One nor Many") } };
                    break;
                case "CACHE": cache = value; break;
                case "CACHESIZE": size = value; break;
                default: throw Wrong($"has an unknown part '{key}'");
            }
        }

        if (options.AccessKey is null != options.SecretKey is null) throw Wrong("has one of AccessKey and SecretKey without the other");
        DiskCacheOptions copies = new() { Folder = string.IsNullOrEmpty(cache) ? DiskCacheOptions.DefaultFolder() : Path.GetFullPath(cache) };
        if (!string.IsNullOrEmpty(size)) copies = copies with { MaxBytes = Bytes(size) };
        return new StoreAddress(null, options, copies);
    }

    private static Uri Endpoint(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
            ? uri
            : throw Wrong("has an Endpoint (or AWS_ENDPOINT_URL_S3) that is no http(s) address");

    private static long Bytes(string text)
    {
        string number = text.TrimEnd();
        (string Unit, int Shift)[] units = [("TB", 40), ("GB", 30), ("MB", 20), ("KB", 10)];
        int shift = 0;
        foreach ((string unit, int bits) in units)
        {
            if (!number.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) continue;
            (number, shift) = (number[..^2].TrimEnd(), bits);
            break;
        }

        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= long.MaxValue >> shift
            ? value << shift
            : throw Wrong("has a CacheSize (or LAKEHOUSE_CACHE_SIZE) that is no size such as 10GB or 500MB");
    }

    private static StoreAddressException Wrong(string what) => new($"The s3:// address {what}: {Form}.");
}

/// <summary>A text is no address of a store. The message holds no secret.</summary>
public sealed class StoreAddressException(string message) : FormatException(message);
