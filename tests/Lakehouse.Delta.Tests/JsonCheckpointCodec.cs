using System.Text;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Tests;

/// <summary>Checkpoints as lines of JSON: the protocol core does not care what is inside, and its tests need no Parquet.</summary>
internal sealed class JsonCheckpointCodec : ICheckpointCodec
{
    public int Reads { get; private set; }

    public int Writes { get; private set; }

    /// <summary>Makes every write fail.</summary>
    public Exception? WriteFailure { get; set; }

    public async Task ReadAsync(IObjectStore store, string key, CheckpointRows rows, CancellationToken cancellationToken)
    {
        Reads++;
        byte[] content = await store.ReadAllBytesAsync(key, cancellationToken);
        foreach (string line in Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (ActionReader.Read(Encoding.UTF8.GetBytes(line)) is { } action) rows.Add(action);
        }
    }

    public async Task<long> WriteAsync(IObjectStore store, string key, IReadOnlyCollection<DeltaAction> actions, StructType schema, CancellationToken cancellationToken)
    {
        if (WriteFailure is not null) throw WriteFailure;
        Writes++;
        using ActionWriter writer = new();
        int count = 0;
        foreach (DeltaAction action in actions)
        {
            writer.Write(action);
            count++;
        }

        Assert.Equal(actions.Count, count);
        using MemoryStream content = new(writer.Written.ToArray());
        return (await store.PutAsync(key, content, cancellationToken)).Size;
    }
}
