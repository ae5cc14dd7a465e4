using Lakehouse.Storage;

namespace Lakehouse.Delta;

/// <summary>How Iceberg metadata is written for tables that ask for it by <see cref="TableProperties.UniversalFormats"/>.</summary>
public sealed record IcebergOptions
{
    /// <summary>Reads and writes Parquet.</summary>
    public required IIcebergParquet Parquet { get; init; }

    /// <summary>
    /// The store's address as Iceberg clients know it, such as <c>file:///lake</c> or <c>s3://bucket/prefix</c>: names are not encoded,
    /// and there is no slash at the end. A table's own <see cref="TableProperties.IcebergLocation"/> comes before it.
    /// </summary>
    public required string Location { get; init; }

    /// <summary>Whether every commit is followed by its Iceberg metadata, in the background.</summary>
    public bool Automatic { get; init; } = true;

    /// <summary>Hears of metadata that could not be written, which never fails the commit before it. The next commit makes up for it.</summary>
    public Action<IcebergFailure>? Failed { get; init; }
}

/// <summary>Iceberg metadata that could not be written.</summary>
/// <param name="Table">The table's path.</param>
/// <param name="Version">The version it was to show.</param>
/// <param name="Exception">Why; an <see cref="IcebergMappingException"/> where the table has something that Iceberg lacks.</param>
public sealed record IcebergFailure(string Table, long Version, Exception Exception)
{
    /// <summary>The same for every failure of a table that would say the same again, whatever the version.</summary>
    public string State => Exception is DeltaException ? Exception.Message : Exception.GetType().Name;
}

/// <summary>What Iceberg clients see of a table.</summary>
/// <param name="Version">The version of the Delta table.</param>
/// <param name="SnapshotId">Iceberg's id of it.</param>
/// <param name="MetadataLocation">The metadata file, as clients find it: what <c>register_table</c> is given.</param>
/// <param name="Snapshots">How many versions clients can travel to.</param>
public sealed record IcebergState(long Version, long SnapshotId, string MetadataLocation, int Snapshots);

/// <summary>The Parquet that Iceberg metadata needs: the protocol core leaves it to an engine.</summary>
public interface IIcebergParquet
{
    /// <summary>
    /// Writes a file of position deletes: rows (<c>file_path</c> string, id 2147483546; <c>pos</c> long, id 2147483545), ascending
    /// (Iceberg table spec, "Position Delete Files").
    /// </summary>
    /// <param name="store">The table's store.</param>
    /// <param name="key">Where the file goes.</param>
    /// <param name="dataFile">What <c>file_path</c> says in every row.</param>
    /// <param name="positions">The positions, counted from 0.</param>
    /// <param name="cancellationToken">Gives up; nothing becomes visible.</param>
    /// <returns>The file's size in bytes.</returns>
    Task<long> WriteDeletesAsync(IObjectStore store, string key, string dataFile, RoaringBitmapArray positions, CancellationToken cancellationToken);

    /// <summary>The rows of a data file whose statistics do not tell.</summary>
    Task<long> CountRowsAsync(IObjectStore store, DataLocation file, CancellationToken cancellationToken);
}
