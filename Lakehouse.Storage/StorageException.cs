namespace Lakehouse.Storage;

/// <summary>An object store could not do what was asked.</summary>
public class StorageException : IOException
{
    /// <summary>Creates the exception; the message is completed with the key and the store.</summary>
    public StorageException(string store, string? key, string message, Exception? innerException = null)
        : base(key is null ? $"{message} (store {store})" : $"{message} (object '{key}' in store {store})", innerException)
    {
        Store = store;
        Key = key;
    }

    /// <summary>The store's name.</summary>
    public string Store { get; }

    /// <summary>The key the operation was about, if it was about one.</summary>
    public string? Key { get; }
}

/// <summary>There is no object under the key.</summary>
public sealed class ObjectNotFoundException(string store, string key, Exception? innerException = null)
    : StorageException(store, key, "There is no such object", innerException);

/// <summary>
/// The store could not tell whether a write took place: the object may stand there, or not, or may appear a little later.
/// Read back before trying again.
/// </summary>
public sealed class UnknownOutcomeException(string store, string key, string message, Exception? innerException = null)
    : StorageException(store, key, message, innerException);

/// <summary>The text is no key: empty, absolute, climbing out, or not portable.</summary>
public sealed class InvalidKeyException(string store, string key, string reason)
    : StorageException(store, key, $"Not a key: {reason}");
