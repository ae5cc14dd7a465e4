using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Lakehouse.Api.Sandbox;

/// <summary>
/// One child process that answers one query and ends. The service's side of the protocol in <see cref="SandboxFrame"/>;
/// the other is <see cref="SandboxWorker"/>. Not thread-safe. Disposing kills the process, whatever it is doing.
/// </summary>
public sealed class SandboxProcess : IAsyncDisposable
{
    private const string OwnLake = "lake";
    private const int MaxControlBytes = 64 << 20;
    private const int MaxErrorBytes = 1 << 20;
    private readonly Process _process;
    private readonly string _folder;
    private readonly int _maxPageBytes;
    private int _disposed;

    private SandboxProcess(Process process, string folder, int maxPageBytes)
    {
        _process = process;
        _folder = folder;
        _maxPageBytes = maxPageBytes;
    }

    /// <summary>The operating system's process id.</summary>
    public int Id => _process.Id;

    /// <summary>The folder that the process takes for the lake, where it has one of its own.</summary>
    public string LakeFolder => Path.Combine(_folder, OwnLake);

    /// <summary>Whether the process is gone, as one killed from outside is.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a process and waits until its database is open and its limits are set.</summary>
    /// <exception cref="SandboxDiedException">It ended before that.</exception>
    public static async Task<SandboxProcess> StartAsync(SandboxSetup setup, int maxPageBytes, CancellationToken cancellationToken)
    {
        string folder = setup.Views is { } views
            ? Directory.CreateDirectory(Path.Combine(views, "sandbox-" + Guid.NewGuid().ToString("N"))).FullName
            : Directory.CreateTempSubdirectory("lakehouse-sandbox-").FullName;
        string lake = setup.Views is null ? setup.Lake : Path.Combine(folder, OwnLake);
        Process process = Process.Start(SandboxLaunch.StartInfo(setup with { TempFolder = folder, Lake = lake, Views = null })) ?? throw new InvalidOperationException("The sandbox process did not start.");
        SandboxProcess sandbox = new(process, folder, maxPageBytes);
        try
        {
            await sandbox.ExpectAsync(SandboxFrameKind.Ready, 0, cancellationToken);
            return sandbox;
        }
        catch
        {
            await sandbox.DisposeAsync();
            throw;
        }
    }

    /// <summary>DuckDB's parse of <paramref name="sql"/> as JSON, for <see cref="SqlGate"/>; nothing runs.</summary>
    public async Task<ReadOnlyMemory<byte>> ParseAsync(string sql, CancellationToken cancellationToken)
    {
        await SendAsync(SandboxFrameKind.Parse, Encoding.UTF8.GetBytes(sql), cancellationToken);
        return await ExpectAsync(SandboxFrameKind.Parsed, MaxControlBytes, cancellationToken);
    }

    /// <summary>Starts the SQL parsed before; its columns come back, its rows wait for <see cref="FetchAsync"/>.</summary>
    /// <exception cref="SandboxFailedException">The SQL or the lake is at fault.</exception>
    public async Task<ReadOnlyMemory<byte>> RunAsync(SandboxQuery query, CancellationToken cancellationToken)
    {
        await SendAsync(SandboxFrameKind.Run, JsonSerializer.SerializeToUtf8Bytes(query, SandboxJson.Default.SandboxQuery), cancellationToken);
        return await ExpectAsync(SandboxFrameKind.Columns, MaxControlBytes, cancellationToken);
    }

    /// <summary>The next rows of the result, at most <paramref name="maxRows"/>.</summary>
    /// <exception cref="SandboxFailedException">The query failed on the way.</exception>
    public async Task<SandboxRows> FetchAsync(int maxRows, CancellationToken cancellationToken)
    {
        byte[] request = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(request, maxRows);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(4), _maxPageBytes);
        await SendAsync(SandboxFrameKind.Fetch, request, cancellationToken);
        return SandboxRows.FromPayload(await ExpectAsync(SandboxFrameKind.Rows, _maxPageBytes + SandboxRows.HeaderLength + 2, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        try
        {
            if (!_process.HasExited)
                _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // it ended between the question and the kill
        }
        _process.Dispose();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // the cache that it stood in was closed first
        }
    }

    private async Task SendAsync(SandboxFrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        try
        {
            await SandboxFrame.WriteAsync(_process.StandardInput.BaseStream, kind, payload, cancellationToken);
        }
        catch (IOException)
        {
            throw await DiedAsync(cancellationToken);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ExpectAsync(SandboxFrameKind expected, int maxLength, CancellationToken cancellationToken)
    {
        SandboxFrame? frame;
        try
        {
            frame = await SandboxFrame.ReadAsync(_process.StandardOutput.BaseStream, Math.Max(maxLength, MaxErrorBytes), cancellationToken).WaitAsync(cancellationToken);
        }
        catch (IOException)
        {
            throw await DiedAsync(cancellationToken);
        }
        if (frame is null)
            throw await DiedAsync(cancellationToken);
        if (frame.Value.Kind == SandboxFrameKind.Error)
            throw new SandboxFailedException(JsonSerializer.Deserialize(frame.Value.Payload.Span, SandboxJson.Default.SandboxError)!);
        return frame.Value.Kind == expected
            ? frame.Value.Payload
            : throw new InvalidDataException($"The sandbox sent {frame.Value.Kind} where {expected} was due.");
    }

    private async Task<SandboxDiedException> DiedAsync(CancellationToken cancellationToken)
    {
        // its pipes are closed, so it is ending or has ended; a process that only closed them is ended here
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return new SandboxDiedException(_process.ExitCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SandboxDiedException(null);
        }
    }
}
