using System.Buffers.Binary;

namespace Lakehouse.Api.Sandbox;

/// <summary>What a frame between the service and a sandbox process holds; the value is the byte on the wire.</summary>
public enum SandboxFrameKind : byte
{
    /// <summary>Child: the database is open and limited, send work.</summary>
    Ready = (byte)'H',

    /// <summary>Parent: UTF-8 SQL to parse, not to run.</summary>
    Parse = (byte)'P',

    /// <summary>Child: the answer to <see cref="Parse"/>, DuckDB's <c>json_serialize_sql</c>.</summary>
    Parsed = (byte)'A',

    /// <summary>Parent: a <see cref="SandboxQuery"/> to run over the SQL parsed before.</summary>
    Run = (byte)'R',

    /// <summary>Child: the result's columns, a JSON array of <see cref="SqlColumn"/>. Its rows wait for <see cref="Fetch"/>.</summary>
    Columns = (byte)'C',

    /// <summary>Parent: the next page, at most so many rows (Int32) and about so many bytes (Int32), little endian.</summary>
    Fetch = (byte)'F',

    /// <summary>Child: a byte (1 = more rows follow), the number of rows (Int32), and a JSON array of rows.</summary>
    Rows = (byte)'D',

    /// <summary>Child: a <see cref="SandboxError"/>; the process ends after it.</summary>
    Error = (byte)'E',
}

/// <summary>
/// One message on a sandbox process's standard input or output: a length (UInt32, little endian, of what follows), a
/// kind, a payload. Whoever reads limits the length, because the other side may have been taken over by a query.
/// </summary>
public readonly record struct SandboxFrame(SandboxFrameKind Kind, ReadOnlyMemory<byte> Payload)
{
    private const int HeaderLength = 5;

    /// <summary>Writes one frame and flushes it.</summary>
    public static async Task WriteAsync(Stream stream, SandboxFrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        byte[] header = new byte[HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)payload.Length + 1);
        header[4] = (byte)kind;
        await stream.WriteAsync(header, cancellationToken);
        await stream.WriteAsync(payload, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>The next frame; null at a clean end of the stream.</summary>
    /// <exception cref="InvalidDataException">The frame is longer than <paramref name="maxLength"/> bytes or empty.</exception>
    /// <exception cref="EndOfStreamException">The stream ends inside a frame.</exception>
    public static async Task<SandboxFrame?> ReadAsync(Stream stream, int maxLength, CancellationToken cancellationToken)
    {
        byte[] header = new byte[HeaderLength];
        int read = await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
            return null;
        if (read < HeaderLength)
            throw new EndOfStreamException("The sandbox's stream ended inside a frame.");
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length == 0 || length - 1 > maxLength)
            throw new InvalidDataException($"A sandbox frame of {length} bytes is not allowed.");
        byte[] payload = new byte[length - 1];
        await stream.ReadExactlyAsync(payload, cancellationToken);
        return new SandboxFrame((SandboxFrameKind)header[4], payload);
    }
}
