namespace Lakehouse.Storage;

/// <summary>Which bucket a store is, how it is reached, and how it behaves when the way is bad. Its text holds no secrets.</summary>
public sealed record S3Options
{
    /// <summary>The bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>What the keys of the store begin with, without slashes at the ends; may be empty.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The server; null for Amazon's.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The region that requests are signed for; null = what the AWS SDK finds, else <c>us-east-1</c>.</summary>
    public string? Region { get; init; }

    /// <summary>The access key's id; null = the AWS SDK's chain of credentials.</summary>
    public string? AccessKey { get; init; }

    /// <summary>The secret key.</summary>
    public string? SecretKey { get; init; }

    /// <summary>The token that temporary keys come with.</summary>
    public string? SessionToken { get; init; }

    /// <summary>Whether the bucket stands in the path of a URL and not in its host name; null = yes where <see cref="Endpoint"/> is set.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>
    /// A promise that one process at most writes here. It lets a bucket be written whose server does not keep put-if-absent,
    /// which is refused otherwise.
    /// </summary>
    public bool SingleWriter { get; init; }

    /// <summary>Objects larger than this are sent, and copied to disk, in parts of this size. S3 takes no parts below 5 MiB.</summary>
    public int PartBytes { get; init; } = 16 << 20;

    /// <summary>Parts of one object under way at once; memory for uploads is so many parts.</summary>
    public int ParallelParts { get; init; } = 4;

    /// <summary>How often a request is tried before its failure is told.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>The limit of the first pause between two attempts; it doubles each time, and a random part of it is waited.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause between two attempts.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer may take to begin.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a body may stand still before the rest is asked for anew.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the single writer says that it is there.</summary>
    public TimeSpan WriterRenewal { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The store's address without its keys: <c>s3://bucket/prefix</c>, with the server where it is not Amazon's.</summary>
    public override string ToString()
    {
        string place = Prefix.Length == 0 ? $"s3://{Bucket}" : $"s3://{Bucket}/{Prefix}";
        return Endpoint is null ? place : $"{place} at {Endpoint.GetLeftPart(UriPartial.Authority)}";
    }
}
