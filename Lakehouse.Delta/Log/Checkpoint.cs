using System.Text.Json;
using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>Reads and writes whole checkpoints, whatever they are made of (PROTOCOL.md, "Checkpoints" and "Checkpoint Specs").</summary>
internal sealed class Checkpoint(IObjectStore store, string tablePath, ICheckpointCodec codec)
{
    /// <summary>File actions in one sidecar, at most.</summary>
    private const int SidecarActions = 50_000;

    /// <summary>So many files of a checkpoint are read at once: what one of them waits for, a disk or a store, does not hold up the others.</summary>
    private const int FilesAtOnce = 4;

    /// <summary>What a checkpoint holds: all its parts, and the sidecars that a v2 checkpoint names.</summary>
    /// <exception cref="FormatException">The checkpoint breaks the protocol.</exception>
    public async Task<CheckpointRows> ReadAsync(CheckpointFiles files, CancellationToken cancellationToken)
    {
        CheckpointRows rows = new();
        await ReadFilesAsync(files.Parts.Select(part => part.Key), rows, wantsOthers: true, cancellationToken).ConfigureAwait(false);
        foreach (CheckpointMetadata metadata in rows.Others.OfType<CheckpointMetadata>())
        {
            if (metadata.Version != files.Version) throw new FormatException($"it says that it holds version {metadata.Version}");
        }

        // Sidecars hold adds and removes alone; whatever else stands there is no part of the state.
        await ReadFilesAsync(rows.Others.OfType<SidecarFile>().Select(KeyOf), rows, wantsOthers: false, cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Writes a single-part checkpoint of the classic name and the v1 spec, which every reader knows.</summary>
    /// <returns>What the pointer to the last checkpoint says of it.</returns>
    public async Task<LastCheckpoint> WriteClassicAsync(Snapshot snapshot, CheckpointActions actions, CancellationToken cancellationToken)
    {
        long size = await codec.WriteAsync(store, LogFiles.Checkpoint(tablePath, snapshot.Version), actions, snapshot.Schema, cancellationToken).ConfigureAwait(false);
        return new LastCheckpoint(snapshot.Version, actions.Count, size, snapshot.Files.Count);
    }

    /// <summary>Writes a checkpoint of the v2 spec in Parquet, its file actions in sidecars. The sidecars come first: what the checkpoint names is there.</summary>
    /// <returns>What the pointer to the last checkpoint says of it.</returns>
    public async Task<LastCheckpoint> WriteV2Async(Snapshot snapshot, CheckpointActions actions, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<DeltaAction> top = [new CheckpointMetadata(snapshot.Version)];
        long size = 0;
        foreach (DeltaAction[] chunk in actions.Where(action => action is FileAction).Chunk(SidecarActions))
        {
            string name = $"{Guid.NewGuid()}.parquet";
            long bytes = await codec.WriteAsync(store, LogFiles.Sidecars(tablePath) + name, chunk, snapshot.Schema, cancellationToken).ConfigureAwait(false);
            top.Add(new SidecarFile(name, bytes, now.ToUnixTimeMilliseconds()));
            size += bytes;
        }

        top.AddRange(actions.Where(action => action is not FileAction));
        string key = LogFiles.V2Checkpoint(tablePath, snapshot.Version, Guid.NewGuid());
        long own = await codec.WriteAsync(store, key, top, snapshot.Schema, cancellationToken).ConfigureAwait(false);
        return new LastCheckpoint(snapshot.Version, actions.Count + top.Count(action => action is SidecarFile or CheckpointMetadata), size + own, snapshot.Files.Count)
        {
            V2 = new V2CheckpointFile(key[(key.LastIndexOf('/') + 1)..], own, now.ToUnixTimeMilliseconds()),
        };
    }

    /// <summary>The files that a checkpoint is made of beside its parts.</summary>
    public async Task<IReadOnlyList<string>> SidecarKeysAsync(CheckpointFiles files, CancellationToken cancellationToken)
    {
        CheckpointRows rows = new() { WantsFiles = false };
        await ReadFilesAsync(files.Parts.Select(part => part.Key), rows, wantsOthers: true, cancellationToken).ConfigureAwait(false);
        return [.. rows.Others.OfType<SidecarFile>().Select(KeyOf)];
    }

    /// <summary>Whatever a writer put before the name: sidecars are nowhere but in their folder.</summary>
    private string KeyOf(SidecarFile sidecar)
    {
        string path = DataPath.Canonical(sidecar.Path);
        return LogFiles.Sidecars(tablePath) + path[(path.LastIndexOf('/') + 1)..];
    }

    /// <summary>Reads files side by side, each into a section, in their order. The first that cannot be read ends the others.</summary>
    private async Task ReadFilesAsync(IEnumerable<string> keys, CheckpointRows rows, bool wantsOthers, CancellationToken cancellationToken)
    {
        // The keys may be told by rows that are there already.
        string[] all = [.. keys];
        CheckpointRows[] sections = [.. all.Select(_ => rows.Section(wantsOthers))];
        using CancellationTokenSource fault = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int begun = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(all.Length, FilesAtOnce)).Select(_ => ReadNextAsync())).ConfigureAwait(false);

        async Task ReadNextAsync()
        {
            while (Interlocked.Increment(ref begun) - 1 is int file && file < all.Length)
            {
                try
                {
                    await ReadFileAsync(all[file], sections[file], fault.Token).ConfigureAwait(false);
                }
                catch
                {
                    await fault.CancelAsync().ConfigureAwait(false);
                    throw;
                }
            }
        }
    }

    private Task ReadFileAsync(string key, CheckpointRows rows, CancellationToken cancellationToken) =>
        key.EndsWith(".json", StringComparison.Ordinal) ? ReadJsonAsync(key, rows, cancellationToken) : codec.ReadAsync(store, key, rows, cancellationToken);

    private async Task ReadJsonAsync(string key, CheckpointRows rows, CancellationToken cancellationToken)
    {
        byte[] content = await store.ReadAllBytesAsync(key, cancellationToken).ConfigureAwait(false);
        int start = 0, line = 0;
        while (start < content.Length)
        {
            int length = content.AsSpan(start).IndexOf((byte)'\n');
            if (length < 0) length = content.Length - start;
            line++;
            if (Read(content.AsSpan(start, length), line) is { } action) rows.Add(action);
            start += length + 1;
        }
    }

    private static DeltaAction? Read(ReadOnlySpan<byte> text, int line)
    {
        if (text.Trim(" \t\r"u8).IsEmpty) return null;
        try
        {
            return ActionReader.Read(text);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw new FormatException($"line {line} is no action: {exception.Message}", exception);
        }
    }
}
