using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Catalog.Tables;

/// <summary>
/// Takes tables from the lake into the catalog. The lake is the truth: an announcement says only where to look, so that no
/// writer can tell the catalog what is not so.
/// </summary>
internal sealed class TableRegistry(Lake lake, TableStore store, TableMeasures measures)
{
    /// <summary>Reads a table's newest version and keeps it.</summary>
    /// <returns>The entry; null when the lake has no such table.</returns>
    /// <exception cref="DeltaException">The table's log cannot be read.</exception>
    public async Task<TableEntry?> RefreshAsync(TableName name, CancellationToken ct)
    {
        if (await SnapshotAsync(name, ct) is not { } snapshot) return null;
        TableEntry entry = TableEntry.Of(name, snapshot);
        await store.PutAsync(name, entry, ct);
        measures.Set(entry);
        return entry;
    }

    /// <summary>Makes the catalog hold exactly the lake's tables.</summary>
    /// <returns>How many entries were added, renewed or removed.</returns>
    public async Task<int> ReconcileAsync(Action<TableName, DeltaException> onUnreadable, CancellationToken ct)
    {
        int changed = 0;
        Dictionary<TableName, TableEntry> known = (await store.ListAsync(ct)).ToDictionary(entry => TableName.Parse(entry.Name));
        foreach (TableName name in await lake.ListTablesAsync(ct))
        {
            known.Remove(name, out TableEntry? entry);
            try
            {
                if (await SnapshotAsync(name, ct) is not { } snapshot) continue;
                if (entry is null || entry.Version != snapshot.Version || entry.TableId != snapshot.Metadata.Id)
                {
                    entry = TableEntry.Of(name, snapshot);
                    await store.PutAsync(name, entry, ct);
                    changed++;
                }
                measures.Set(entry);
            }
            catch (DeltaException error)
            {
                onUnreadable(name, error);   // one table that cannot be read must not hide the others
            }
        }
        foreach (TableName gone in known.Keys)
        {
            await store.RemoveAsync(gone, ct);
            measures.Remove(gone.ToString());
            changed++;
        }
        return changed;
    }

    private async Task<Snapshot?> SnapshotAsync(TableName name, CancellationToken ct)
    {
        try
        {
            return await lake.Table(name).TrySnapshotAsync(ct);
        }
        catch (TableNotFoundException)
        {
            return null;   // it was deleted since it was last read
        }
    }
}
