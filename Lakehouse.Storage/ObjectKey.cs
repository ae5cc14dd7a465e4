namespace Lakehouse.Storage;

/// <summary>The rules for keys, the same for every store.</summary>
public static class ObjectKey
{
    /// <summary>Names that begin so are a store's own, half-written files: never listed, never valid as a key.</summary>
    public const string TemporaryPrefix = ".lakehouse-tmp-";

    /// <summary>Why <paramref name="key"/> is no valid key, or null when it is one.</summary>
    public static string? FindFault(string key)
    {
        if (key.Length == 0) return "it is empty";
        if (key[0] == '/') return "it begins with a slash";
        if (key[^1] == '/') return "it ends with a slash";
        return FindFaultInSegments(key);
    }

    /// <summary>Throws unless <paramref name="key"/> is a valid key.</summary>
    /// <exception cref="InvalidKeyException">It is not.</exception>
    public static void Validate(string store, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (FindFault(key) is { } fault) throw new InvalidKeyException(store, key, fault);
    }

    /// <summary>Throws unless <paramref name="prefix"/> can begin a key. The part after its last slash may be any beginning of a name.</summary>
    /// <exception cref="InvalidKeyException">It cannot.</exception>
    public static void ValidatePrefix(string store, string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        int folder = prefix.LastIndexOf('/');
        string? fault = folder == 0 ? "it begins with a slash" : folder > 0 ? FindFaultInSegments(prefix[..folder]) : null;
        if (fault is not null) throw new InvalidKeyException(store, prefix, fault);
    }

    /// <summary>The part of a key after its last slash.</summary>
    public static string FileNameOf(string key) => key[(key.LastIndexOf('/') + 1)..];

    private static string? FindFaultInSegments(string key)
    {
        foreach (Range range in key.AsSpan().Split('/'))
        {
            ReadOnlySpan<char> segment = key.AsSpan(range);
            if (segment.IsEmpty) return "it has an empty segment";
            if (segment is "." or "..") return $"the segment '{segment}' would leave its folder";
            if (segment.StartsWith(TemporaryPrefix, StringComparison.Ordinal)) return $"'{TemporaryPrefix}' begins the names of unfinished files";
        }

        // A backslash separates folders and a colon names drives and streams on Windows, so such a key could climb out there.
        if (key.AsSpan().IndexOfAny('\\', '\0') >= 0) return "it holds a backslash or a NUL";
        if (OperatingSystem.IsWindows() && key.Contains(':', StringComparison.Ordinal)) return "it holds a colon, which Windows takes for a drive or a stream";
        return null;
    }
}
