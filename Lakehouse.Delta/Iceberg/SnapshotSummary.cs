using System.Globalization;

namespace Lakehouse.Delta.Iceberg;

/// <summary>What a snapshot did, in numbers, and what the table then holds (Iceberg table spec, "Optional Snapshot Summary Fields").</summary>
internal sealed class SnapshotSummary
{
    private static readonly string[] Totals = ["data-files", "delete-files", "records", "files-size", "position-deletes"];

    private readonly Dictionary<string, long> _added = [];
    private readonly Dictionary<string, long> _removed = [];

    public void AddFile(long rows, long size) => Count(_added, ("data-files", 1), ("records", rows), ("files-size", size));

    public void RemoveFile(long rows, long size) => Count(_removed, ("data-files", 1), ("records", rows), ("files-size", size));

    public void AddDeletes(long rows, long size) => Count(_added, ("delete-files", 1), ("position-deletes", rows), ("files-size", size));

    public void RemoveDeletes(long rows, long size) => Count(_removed, ("delete-files", 1), ("position-deletes", rows), ("files-size", size));

    /// <summary>Data files that the table holds after a snapshot with this summary.</summary>
    public static long DataFilesOf(IReadOnlyDictionary<string, string> summary) => Total(summary, "data-files");

    /// <summary>The summary.</summary>
    /// <param name="previous">The summary before; null when the table was empty.</param>
    /// <param name="version">The version of the Delta table.</param>
    /// <param name="changesRows">Whether rows came or went, rather than moved.</param>
    public Dictionary<string, string> Finish(IReadOnlyDictionary<string, string>? previous, long version, bool changesRows)
    {
        bool adds = _added.Count > 0, removes = _removed.Count > 0;
        Dictionary<string, string> summary = new(StringComparer.Ordinal)
        {
            ["operation"] = !changesRows && removes ? "replace" : removes || _added.ContainsKey("delete-files") ? (adds && _added.ContainsKey("data-files") ? "overwrite" : "delete") : "append",
            ["delta-version"] = Text(version),
        };
        foreach ((string name, long value) in _added) summary["added-" + name] = Text(value);
        foreach ((string name, long value) in _removed) summary[(name is "data-files" or "records" ? "deleted-" : "removed-") + name] = Text(value);
        foreach (string name in Totals) summary["total-" + name] = Text((previous is null ? 0 : Total(previous, name)) + _added.GetValueOrDefault(name) - _removed.GetValueOrDefault(name));
        summary["total-equality-deletes"] = "0";
        return summary;
    }

    private static long Total(IReadOnlyDictionary<string, string> summary, string name) =>
        long.TryParse(summary.GetValueOrDefault("total-" + name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : -1;

    private static void Count(Dictionary<string, long> counts, params ReadOnlySpan<(string Name, long Value)> values)
    {
        foreach ((string name, long value) in values) counts[name] = counts.GetValueOrDefault(name) + value;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
