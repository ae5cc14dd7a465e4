using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Lakehouse.Api.Sandbox;

/// <summary>
/// The program as a sandbox: reads frames on standard input, answers on standard output, serves one query and ends.
/// Standard input has its own thread, so that a service that died or lost interest ends a query that is deep in native
/// code.
/// </summary>
public static class SandboxWorker
{
    private const int MaxFrameBytes = 64 << 20;

    /// <summary>Whether this process was started by <see cref="SandboxLaunch"/>.</summary>
    public static bool IsRequested(string[] args) => args is [SandboxLaunch.Argument, _];

    /// <summary>Serves until the service closes standard input or the query failed; returns the exit code.</summary>
    public static int Run(string[] args)
    {
        SandboxSetup setup = JsonSerializer.Deserialize(args[1], SandboxJson.Default.SandboxSetup)!;
        using Stream input = Console.OpenStandardInput();
        using Stream output = Console.OpenStandardOutput();
        using BlockingCollection<SandboxFrame> frames = [];
        using SandboxDatabase database = SandboxDatabase.Open(setup);
        ResourceLimits.Apply((long)setup.HardMemoryMiB << 20, setup.CpuSeconds);
        new Thread(() => Receive(input, frames)) { IsBackground = true, Name = "sandbox input" }.Start();
        Send(output, SandboxFrameKind.Ready, default);
        return Serve(frames, output, database);
    }

    private static int Serve(BlockingCollection<SandboxFrame> frames, Stream output, SandboxDatabase database)
    {
        foreach (SandboxFrame frame in frames.GetConsumingEnumerable())
        {
            try
            {
                Answer(frame, output, database);
            }
            catch (Exception error)
            {
                Send(output, SandboxFrameKind.Error, JsonSerializer.SerializeToUtf8Bytes(SandboxErrors.From(error), SandboxJson.Default.SandboxError));
                return 1;
            }
        }
        return 0;
    }

    private static void Answer(SandboxFrame frame, Stream output, SandboxDatabase database)
    {
        switch (frame.Kind)
        {
            case SandboxFrameKind.Parse:
                Send(output, SandboxFrameKind.Parsed, database.Parse(Encoding.UTF8.GetString(frame.Payload.Span)));
                break;
            case SandboxFrameKind.Run:
                SandboxQuery query = JsonSerializer.Deserialize(frame.Payload.Span, SandboxJson.Default.SandboxQuery)!;
                IReadOnlyList<SqlColumn> columns = database.RunAsync(query).GetAwaiter().GetResult();
                Send(output, SandboxFrameKind.Columns, JsonSerializer.SerializeToUtf8Bytes(columns, SandboxJson.Default.IReadOnlyListSqlColumn));
                break;
            case SandboxFrameKind.Fetch:
                int maxRows = BinaryPrimitives.ReadInt32LittleEndian(frame.Payload.Span);
                int maxBytes = BinaryPrimitives.ReadInt32LittleEndian(frame.Payload.Span[4..]);
                Send(output, SandboxFrameKind.Rows, database.Fetch(maxRows, maxBytes));
                break;
            default:
                throw new InvalidDataException($"A sandbox does not take {frame.Kind} frames.");
        }
    }

    private static void Receive(Stream input, BlockingCollection<SandboxFrame> frames)
    {
        try
        {
            while (SandboxFrame.ReadAsync(input, MaxFrameBytes, CancellationToken.None).GetAwaiter().GetResult() is { } frame)
                frames.Add(frame);
        }
        finally
        {
            Process.GetCurrentProcess().Kill(); // nobody is there to read an answer, and native code hears no exception
        }
    }

    private static void Send(Stream output, SandboxFrameKind kind, ReadOnlyMemory<byte> payload) =>
        SandboxFrame.WriteAsync(output, kind, payload, CancellationToken.None).GetAwaiter().GetResult();
}
