using System.Globalization;

namespace Lakehouse.Delta;

/// <summary>Where a deletion vector is, and how many rows it deletes (PROTOCOL.md, "Deletion Vector Descriptor Schema").</summary>
public sealed record DeletionVectorDescriptor
{
    /// <summary>In a file whose path below the table follows from a UUID.</summary>
    public const char RelativeFile = 'u';

    /// <summary>In the descriptor itself.</summary>
    public const char Inline = 'i';

    /// <summary>In a file with an absolute path.</summary>
    public const char AbsoluteFile = 'p';

    /// <summary>One of <see cref="RelativeFile"/>, <see cref="Inline"/>, <see cref="AbsoluteFile"/>.</summary>
    public required char StorageType { get; init; }

    /// <summary>A random prefix and a Z85 UUID, the Z85 of the vector itself, or a path.</summary>
    public required string PathOrInlineDv { get; init; }

    /// <summary>Bytes from the start of the file; null counts as 0, and is what inline vectors have.</summary>
    public int? Offset { get; init; }

    /// <summary>The vector's size in bytes, without size field and checksum, before Z85.</summary>
    public required int SizeInBytes { get; init; }

    /// <summary>How many rows it deletes.</summary>
    public required long Cardinality { get; init; }

    /// <summary>Tells apart the vectors that a file has had in successive versions.</summary>
    public string UniqueId => Offset is { } offset
        ? string.Create(CultureInfo.InvariantCulture, $"{StorageType}{PathOrInlineDv}@{offset}")
        : $"{StorageType}{PathOrInlineDv}";
}
