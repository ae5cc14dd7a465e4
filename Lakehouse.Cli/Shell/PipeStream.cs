namespace Lakehouse.Cli.Shell;

/// <summary>Standard output that tells a reader who went away (<see cref="BrokenPipeException"/>) from a full disk.</summary>
public sealed class PipeStream(Stream inner) : Stream
{
    private const int BrokenPipe = 32; // EPIPE, on Linux and macOS

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (IOException error) when ((error.HResult & 0xffff) == BrokenPipe)
        {
            throw new BrokenPipeException(error);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
