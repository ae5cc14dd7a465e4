namespace Lakehouse.Storage;

/// <summary>The bucket cannot be written by several writers, so nothing was written.</summary>
public sealed class ConditionalPutException(string store, string? key, string message) : StorageException(store, key, message)
{
    internal static string NotKept(string fault) =>
        $"This bucket does not keep put-if-absent: {fault}. Two writers could overwrite each other's commits, so nothing is written. "
        + "Use a store that honours 'If-None-Match: *' under races (Amazon S3, Ceph radosgw and others do); or, when one process alone ever writes here, promise it with ';Writers=One' behind the address";
}
