using System.Buffers;
using System.Text;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>Where a data file is: below the table, or somewhere else altogether. Exactly one of the two is set.</summary>
/// <param name="Key">The object's key in the table's store.</param>
/// <param name="AbsoluteUri">The URI as the log gives it, for files outside the table (shallow clones).</param>
public readonly record struct DataLocation(string? Key, string? AbsoluteUri);

/// <summary>
/// File paths in the log: URIs, relative to the table's folder or absolute (PROTOCOL.md, "Add File and Remove File").
/// </summary>
public static class DataPath
{
    // What RFC 2396 lets stand in a path, but for the colon: a relative path that holds one reads as a URI with a scheme.
    private static readonly SearchValues<char> Unescaped =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()/@&=+$,");

    /// <summary>The path of a file below the table as the log wants it.</summary>
    /// <param name="relativePath">Names on disk, with slashes; not encoded.</param>
    public static string Encode(string relativePath)
    {
        ArgumentException.ThrowIfNullOrEmpty(relativePath);
        if (!relativePath.AsSpan().ContainsAnyExcept(Unescaped)) return relativePath;
        StringBuilder result = new(relativePath.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in relativePath.EnumerateRunes())
        {
            if (rune.IsAscii && Unescaped.Contains((char)rune.Value))
            {
                result.Append((char)rune.Value);
                continue;
            }

            foreach (byte value in bytes[..rune.EncodeToUtf8(bytes)]) result.Append('%').Append(value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return result.ToString();
    }

    /// <summary>The names on disk that a path in the log stands for.</summary>
    public static string Decode(string logPath) => Canonical(logPath);

    /// <summary>Whether a path in the log is absolute: a URI with a scheme, or a path from the root.</summary>
    public static bool IsAbsolute(string logPath)
    {
        ArgumentNullException.ThrowIfNull(logPath);
        if (logPath.StartsWith('/')) return true;
        int colon = logPath.AsSpan().IndexOfAny(':', '/');
        return colon > 0 && logPath[colon] == ':' && char.IsAsciiLetter(logPath[0]);
    }

    /// <summary>The file on this machine's disk that an absolute path of the log names, if it names one.</summary>
    public static bool TryGetLocalFile(string absolutePath, out string path)
    {
        ArgumentNullException.ThrowIfNull(absolutePath);
        // file:/a, file:///a and file://localhost/a all mean /a.
        string rest = absolutePath.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? absolutePath[5..] : absolutePath;
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            int slash = rest.IndexOf('/', 2);
            rest = slash > 0 && (rest[2..slash] is "" or "localhost") ? rest[slash..] : "";
        }

        path = rest.StartsWith('/') ? Uri.UnescapeDataString(rest) : "";
        return path.Length > 0;
    }

    /// <summary>Where the file is.</summary>
    /// <param name="tablePath">The table's path below its store; empty when the table is the store.</param>
    /// <param name="logPath">The path from an action.</param>
    /// <exception cref="CorruptLogException">A relative path climbs out of the table, or is no key.</exception>
    public static DataLocation Resolve(string tablePath, string logPath)
    {
        if (IsAbsolute(logPath)) return new DataLocation(null, logPath);
        string relative = Canonical(logPath);
        if (ObjectKey.FindFault(relative) is { } fault)
            throw new CorruptLogException(tablePath, $"the log names the file '{logPath}', which is refused: {fault}.", path: logPath);
        return new DataLocation(LogFiles.KeyOf(tablePath, relative), null);
    }

    /// <summary>One spelling for all encodings of a path, so that an add and its remove meet whoever wrote them.</summary>
    internal static string Canonical(string logPath) => logPath.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(logPath) : logPath;
}
