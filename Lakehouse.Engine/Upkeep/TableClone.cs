using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Write;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Upkeep;

/// <summary>Makes a table out of another's version: with copies of its files, or with their names only.</summary>
internal sealed class TableClone(LakeTable table, LakeTable source)
{
    public async Task<CommitResult> RunAsync(long? version, bool deep, CancellationToken cancellationToken)
    {
        var snapshot = await source.SnapshotAsync(version, cancellationToken).ConfigureAwait(false);
        if (await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false) is not null) throw new TableExistsException(table.ToString());
        // The clone is a table of its own: another id, and none of the source's history.
        // Where it has in-commit timestamps, it has them from its first version on.
        var metadata = snapshot.Metadata with { Id = Guid.NewGuid().ToString() };
        foreach (var own in new[] { TableProperties.IcebergLocation, TableProperties.InCommitTimestampEnablementVersion, TableProperties.InCommitTimestampEnablementTimestamp })
            metadata = metadata.WithProperty(own, null);
        var transaction = table.Log.Create(metadata, snapshot.Protocol);
        foreach (var domain in snapshot.DomainMetadata.Values.Where(domain => !domain.Domain.StartsWith("delta.", StringComparison.Ordinal))) transaction.SetDomain(domain.Domain, domain.Configuration);
        transaction.ContinueRowIds(snapshot);
        if (ClusteringColumns.Of(snapshot) is { Count: > 0 } clustering) transaction.SetClusteringColumns(clustering);
        foreach (var file in snapshot.Files) transaction.AddKnown((deep ? await CopyAsync(file, cancellationToken).ConfigureAwait(false) : Named(file)) with { DataChange = true });
        var parameters = new Dictionary<string, string?>
        {
            ["source"] = source.ToString(),
            ["sourceVersion"] = snapshot.Version.ToString(CultureInfo.InvariantCulture),
            ["isShallow"] = deep ? "false" : "true",
        };
        var info = Commits.Describe(table, new WriteOptions(), "CLONE", parameters, [("sourceNumOfFiles", snapshot.Files.Count), ("sourceTableSize", snapshot.Files.Sum(file => file.Size))]);
        return table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The source's file, by its absolute path.</summary>
    private AddFile Named(AddFile file)
    {
        var vector = file.DeletionVector;
        if (vector is { StorageType: DeletionVectorDescriptor.RelativeFile })
        {
            vector = vector with { StorageType = DeletionVectorDescriptor.AbsoluteFile, PathOrInlineDv = AbsoluteOf(source.DeletionVectors.Locate(vector).Key!) };
        }
        return file with { Path = DataPath.Resolve(source.Log.TablePath, file.Path).Key is { } key ? AbsoluteOf(key) : file.Path, DeletionVector = vector };
    }

    /// <summary>The address of an object of the source's store that holds for the clone too.</summary>
    private string AbsoluteOf(string key)
    {
        if (source.Store.TryGetLocalPath(key, out var path)) return Absolute(path);
        var address = source.Neighbours.AddressOf(key)!;
        if (!table.Neighbours.TryFind(address, out _, out _))
            throw new TableNotUsableException($"{source} is in a bucket, and {table} is not: the clone could not find the files. Make a deep clone, or a clone in a bucket of the same server.", table.ToString());
        const string Scheme = "s3://";
        return Scheme + DataPath.Encode(address[Scheme.Length..]);
    }

    private async Task<AddFile> CopyAsync(AddFile file, CancellationToken cancellationToken)
    {
        var location = DataPath.Resolve(source.Log.TablePath, file.Path);
        var path = location.Key is null ? $"part-{Guid.NewGuid():N}.parquet" : DataPath.Decode(file.Path);
        var vector = file.DeletionVector;
        if (vector is not null && vector.StorageType != DeletionVectorDescriptor.Inline)
            vector = (await table.DeletionVectors.WriteAsync([await source.DeletionVectors.ReadAsync(vector, cancellationToken).ConfigureAwait(false)], cancellationToken).ConfigureAwait(false))[0];
        await using var content = source.TryFind(file.Path) is { } found ? await found.Store.OpenReadAsync(found.Key, cancellationToken).ConfigureAwait(false) : File.OpenRead(source.LocalPath(file.Path));
        await table.Store.PutAsync(LogFiles.KeyOf(table.Log.TablePath, path), content, cancellationToken).ConfigureAwait(false);
        return file with { Path = DataPath.Encode(path), DeletionVector = vector };
    }

    private static string Absolute(string path) => "file://" + DataPath.Encode(path);
}
