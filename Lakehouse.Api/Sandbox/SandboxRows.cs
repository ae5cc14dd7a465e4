using System.Buffers.Binary;

namespace Lakehouse.Api.Sandbox;

/// <summary>One page of a result as its sandbox wrote it.</summary>
/// <param name="Count">Rows in the page.</param>
/// <param name="More">Whether rows follow after it.</param>
/// <param name="Json">A JSON array of rows, each an array of values.</param>
public readonly record struct SandboxRows(int Count, bool More, ReadOnlyMemory<byte> Json)
{
    /// <summary>Bytes before the JSON in a <see cref="SandboxFrameKind.Rows"/> frame.</summary>
    public const int HeaderLength = 5;

    public static SandboxRows FromPayload(ReadOnlyMemory<byte> payload) => payload.Length < HeaderLength
        ? throw new InvalidDataException("A sandbox page lacks its header.")
        : new SandboxRows(BinaryPrimitives.ReadInt32LittleEndian(payload.Span[1..]), payload.Span[0] != 0, payload[HeaderLength..]);

    /// <summary>Writes the header of a page into the first bytes of its frame.</summary>
    public static void WriteHeader(Span<byte> header, int count, bool more)
    {
        header[0] = more ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], count);
    }
}
