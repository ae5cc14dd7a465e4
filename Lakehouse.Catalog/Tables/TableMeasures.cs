using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Lakehouse.Catalog.Tables;

/// <summary>How large and how old tables are, for OpenTelemetry: the meter <c>Lakehouse.Catalog</c>.</summary>
internal sealed class TableMeasures : IDisposable
{
    private readonly ConcurrentDictionary<string, TableEntry> tables = new(StringComparer.Ordinal);
    private readonly Meter meter = new("Lakehouse.Catalog");

    public TableMeasures()
    {
        meter.CreateObservableGauge("lakehouse.table.size", () => Of(table => table.Bytes), "By", "Size of a table's data files.");
        meter.CreateObservableGauge("lakehouse.table.files", () => Of(table => table.Files), "{file}", "A table's data files.");
        meter.CreateObservableGauge("lakehouse.table.rows", () => Of(table => table.Rows), "{row}", "A table's live rows.");
        meter.CreateObservableGauge("lakehouse.table.version", () => Of(table => table.Version), "{version}", "A table's Delta version.");
        meter.CreateObservableGauge("lakehouse.table.age", () => Of(table => (long)(DateTimeOffset.UtcNow - table.CommittedAt).TotalSeconds), "s", "Time since a table's newest commit.");
    }

    /// <summary>A table is as the entry says.</summary>
    public void Set(TableEntry entry) => tables[entry.Name] = entry;

    /// <summary>A table is gone.</summary>
    public void Remove(string name) => tables.TryRemove(name, out _);

    /// <summary>Ends the meter.</summary>
    public void Dispose() => meter.Dispose();

    private IEnumerable<Measurement<long>> Of(Func<TableEntry, long?> value) =>
        from table in tables.Values
        let measured = value(table)
        where measured is not null
        select new Measurement<long>(measured.Value, new KeyValuePair<string, object?>("lakehouse.table", table.Name));
}
