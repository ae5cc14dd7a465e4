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
        var metadata = snapshot.Metadata.WithProperty(TableProperties.IcebergLocation, null) with { Id = Guid.NewGuid().ToString() };
        var transaction = table.Log.Create(metadata, snapshot.Protocol);
        foreach (var domain in snapshot.DomainMetadata.Values.Where(domain => !domain.Domain.StartsWith("delta.", StringComparison.Ordinal))) transaction.SetDomain(domain.Domain, domain.Configuration);
        if (ClusteringColumns.Of(snapshot) is { Count: > 0 } clustering) transaction.SetClusteringColumns(clustering);
        if (!deep && source.IsRemote) throw new TableNotUsableException($"{source} is in a bucket: its files cannot be named from another table. Make a deep clone.", table.ToString());
        foreach (var file in snapshot.Files) transaction.Add((deep ? await CopyAsync(file, cancellationToken).ConfigureAwait(false) : Named(file)) with { DataChange = true });
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
            var key = source.DeletionVectors.Locate(vector).Key!;
            if (!source.Store.TryGetLocalPath(key, out var path)) throw new TableNotUsableException($"{source}: {key} is not on a local disk.", table.ToString());
            vector = vector with { StorageType = DeletionVectorDescriptor.AbsoluteFile, PathOrInlineDv = Absolute(path) };
        }
        return file with { Path = Absolute(source.LocalPath(file.Path)), DeletionVector = vector };
    }

    private async Task<AddFile> CopyAsync(AddFile file, CancellationToken cancellationToken)
    {
        var location = DataPath.Resolve(source.Log.TablePath, file.Path);
        var path = location.Key is null ? $"part-{Guid.NewGuid():N}.parquet" : DataPath.Decode(file.Path);
        var vector = file.DeletionVector;
        if (vector is not null && vector.StorageType != DeletionVectorDescriptor.Inline)
            vector = (await table.DeletionVectors.WriteAsync([await source.DeletionVectors.ReadAsync(vector, cancellationToken).ConfigureAwait(false)], cancellationToken).ConfigureAwait(false))[0];
        await using var content = location.Key is { } key ? await source.Store.OpenReadAsync(key, cancellationToken).ConfigureAwait(false) : File.OpenRead(source.LocalPath(file.Path));
        await table.Store.PutAsync(LogFiles.KeyOf(table.Log.TablePath, path), content, cancellationToken).ConfigureAwait(false);
        return file with { Path = DataPath.Encode(path), DeletionVector = vector };
    }

    private static string Absolute(string path) => "file://" + DataPath.Encode(path);
}
