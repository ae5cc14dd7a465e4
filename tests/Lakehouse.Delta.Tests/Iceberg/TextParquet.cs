using System.Globalization;
using System.Text;
using Lakehouse.Storage;

namespace Lakehouse.Delta.Tests.Iceberg;

/// <summary>Files of deletes as text: the protocol core does not care what is inside, and its tests need no Parquet. What is really written
/// is read by Trino in the end-to-end tests.</summary>
internal sealed class TextParquet : IIcebergParquet
{
    /// <summary>Data files whose rows were counted.</summary>
    public List<DataLocation> Counted { get; } = [];

    public async Task<long> WriteDeletesAsync(IObjectStore store, string key, string dataFile, RoaringBitmapArray positions, CancellationToken cancellationToken)
    {
        using MemoryStream content = new(Encoding.UTF8.GetBytes(dataFile + ":" + string.Join(',', positions.Values().Select(position => position.ToString(CultureInfo.InvariantCulture)))));
        return (await store.PutAsync(key, content, cancellationToken)).Size;
    }

    public Task<long> CountRowsAsync(IObjectStore store, DataLocation file, CancellationToken cancellationToken)
    {
        Counted.Add(file);
        return Task.FromResult(77L);
    }
}
