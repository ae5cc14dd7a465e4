using System.Globalization;
using Lakehouse.Delta;

namespace Lakehouse.Engine.Upkeep;

/// <summary>Deletes files that no version of the retention window needs, from a listing of the table's folder.</summary>
internal sealed class TableVacuum(LakeTable table, VacuumOptions options)
{
    public async Task<VacuumResult> RunAsync(CancellationToken cancellationToken)
    {
        var snapshot = await table.Log.LoadAsync(null, cancellationToken).ConfigureAwait(false);
        // Throws where a writer feature is not known: it may say that other files are in use.
        table.Log.Begin(snapshot);
        var least = snapshot.Metadata.DeletedFileRetentionOf();
        var retention = options.Retention ?? least;
        if (retention < least && !options.AllowShortRetention)
            throw new TableNotUsableException($"Vacuum of {table}: a retention of {Hours(retention)} is shorter than the table's {Hours(least)}. Readers of older versions and writers at work may need those files. Where there are none, insist: 'lakehouse vacuum --force', or {nameof(VacuumOptions)}.{nameof(VacuumOptions.AllowShortRetention)}.", table.ToString());
        var before = table.Log.Options.Time.GetUtcNow() - retention;
        var files = await table.Log.UnusedFilesAsync(snapshot, before, cancellationToken).ConfigureAwait(false);
        if (!options.DryRun)
        {
            if (files.Count > 0) await table.Store.DeleteAsync([.. files.Select(file => file.Key)], cancellationToken).ConfigureAwait(false);
            await table.Store.DeleteUnfinishedAsync(LogFiles.KeyOf(table.Log.TablePath, ""), before, cancellationToken).ConfigureAwait(false);
        }
        var prefix = table.Log.TablePath.Length == 0 ? 0 : table.Log.TablePath.Length + 1;
        return new VacuumResult([.. files.Select(file => file.Key[prefix..])], files.Sum(file => file.Size), snapshot.Version);
    }

    private static string Hours(TimeSpan retention) => string.Create(CultureInfo.InvariantCulture, $"{retention.TotalHours:0.##} hours");
}
