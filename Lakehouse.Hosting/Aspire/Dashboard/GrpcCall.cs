using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// One gRPC call on ASP.NET Core's HTTP/2, without a gRPC library: messages are framed by a flag and a length
/// (gRPC over HTTP2, "Length-Prefixed-Message"), and the outcome is sent in trailers.
/// </summary>
internal sealed class GrpcCall(HttpContext context)
{
    /// <summary>No message of the dashboard comes near this.</summary>
    private const int LargestMessage = 4 << 20;
    private const int PrefixLength = 5;

    /// <summary>Cancelled when the caller hangs up.</summary>
    public CancellationToken CancellationToken => context.RequestAborted;

    /// <summary>Runs a call and answers with its outcome; a caller that went away gets none.</summary>
    public static async Task RunAsync(HttpContext context, Func<GrpcCall, Task> handler)
    {
        context.Response.ContentType = "application/grpc";
        var outcome = (Status: GrpcStatus.Ok, Message: "");
        try
        {
            await handler(new GrpcCall(context)).ConfigureAwait(false);
        }
        catch (GrpcException e)
        {
            outcome = (e.Status, e.Message);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (OperationCanceledException)
        {
            outcome = (GrpcStatus.Unavailable, "The application is stopping.");
        }
        catch (Exception e)
        {
            outcome = (GrpcStatus.Internal, e.Message);
        }
        await context.Response.StartAsync().ConfigureAwait(false);
        context.Response.AppendTrailer("grpc-status", ((int)outcome.Status).ToString(CultureInfo.InvariantCulture));
        if (outcome.Message.Length > 0)
            context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(outcome.Message));
    }

    /// <summary>Reads the next message of the caller.</summary>
    /// <exception cref="GrpcException">There is none, it is compressed, or it is too long.</exception>
    public async Task<T> ReadAsync<T>(MessageParser<T> parser) where T : class, IMessage<T>
    {
        var reader = context.Request.BodyReader;
        var head = (await reader.ReadAtLeastAsync(PrefixLength, CancellationToken).ConfigureAwait(false)).Buffer;
        if (head.Length < PrefixLength)
        {
            reader.AdvanceTo(head.End);
            throw new GrpcException(GrpcStatus.InvalidArgument, "The call carries no message.");
        }
        var (compressed, length) = Prefix(head);
        reader.AdvanceTo(head.GetPosition(PrefixLength));
        if (compressed)
            throw new GrpcException(GrpcStatus.Unimplemented, "Compressed messages are not supported.");
        if (length > LargestMessage)
            throw new GrpcException(GrpcStatus.ResourceExhausted, $"A message of {length} bytes is larger than the {LargestMessage} bytes that are read.");
        if (length == 0)
            return parser.ParseFrom(ByteString.Empty);

        var body = (await reader.ReadAtLeastAsync((int)length, CancellationToken).ConfigureAwait(false)).Buffer;
        if (body.Length < length)
        {
            reader.AdvanceTo(body.End);
            throw new GrpcException(GrpcStatus.InvalidArgument, "The message ends before its announced length.");
        }
        var message = parser.ParseFrom(body.Slice(0, length));
        reader.AdvanceTo(body.GetPosition(length));
        return message;
    }

    /// <summary>Sends a message at once; messages are to be written one after the other.</summary>
    public async Task WriteAsync(IMessage message)
    {
        var writer = context.Response.BodyWriter;
        var prefix = writer.GetSpan(PrefixLength);
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)message.CalculateSize());
        writer.Advance(PrefixLength);
        message.WriteTo(writer);
        await writer.FlushAsync(CancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the headers, so that a caller that waits for them knows that the call stands.</summary>
    public Task StartAsync() => context.Response.StartAsync(CancellationToken);

    private static (bool Compressed, uint Length) Prefix(System.Buffers.ReadOnlySequence<byte> head)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        System.Buffers.BuffersExtensions.CopyTo(head.Slice(0, PrefixLength), prefix);
        return (prefix[0] != 0, BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]));
    }
}

/// <summary>gRPC's status codes, as far as they are sent.</summary>
internal enum GrpcStatus
{
    Ok = 0,
    InvalidArgument = 3,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// <summary>Ends a call with a status.</summary>
internal sealed class GrpcException(GrpcStatus status, string message) : Exception(message)
{
    public GrpcStatus Status { get; } = status;
}
