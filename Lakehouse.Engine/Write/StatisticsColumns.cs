using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Write;

/// <summary>
/// Which columns of new files get statistics: the first so many leaves (<c>delta.dataSkippingNumIndexedCols</c>, -1 for all), or
/// the ones named (<c>delta.dataSkippingStatsColumns</c>); clustering columns always (PROTOCOL.md, "Writer Requirements for
/// Clustered Table").
/// </summary>
internal sealed class StatisticsColumns
{
    /// <summary>Spark's default.</summary>
    private const int Default = 32;

    private readonly int _most;
    private readonly HashSet<string>? _named;
    private readonly HashSet<string> _always = new(StringComparer.Ordinal);

    /// <param name="metadata">The table's metadata.</param>
    /// <param name="layout">Its columns in files.</param>
    /// <param name="written">The columns that are written.</param>
    public StatisticsColumns(Metadata metadata, ColumnLayout layout, IReadOnlyList<StructField> written)
    {
        Schema = (StructType)layout.Physical(new StructType(written));
        _most = int.TryParse(metadata.Configuration.GetValueOrDefault(TableProperties.IndexedColumns), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var most)
            ? most < 0 ? int.MaxValue : most
            : Default;
        if (metadata.Configuration.GetValueOrDefault("delta.dataSkippingStatsColumns") is { Length: > 0 } list)
            _named = [.. Names(list).Select(name => Physical(metadata.Schema, layout, name))];
    }

    /// <summary>The columns under their physical names.</summary>
    public StructType Schema { get; }

    /// <summary>Adds the columns that the table is clustered by: physical names.</summary>
    public void AddClustering(DomainMetadata? clustering)
    {
        foreach (var column in ClusteringColumns.Read(clustering)) _always.Add(string.Join('.', column));
    }

    /// <summary>Whether a leaf gets statistics.</summary>
    /// <param name="path">Its physical names, joined by points.</param>
    /// <param name="before">How many leaves have them already.</param>
    public bool Wants(string path, int before) =>
        _always.Contains(path) || (_named is null ? before < _most : _named.Any(name => path == name || path.StartsWith(name + ".", StringComparison.Ordinal)));

    /// <summary>A list with commas; names may stand in backticks.</summary>
    private static IEnumerable<string> Names(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => name.Replace("`", "", StringComparison.Ordinal));

    private static string Physical(StructType schema, ColumnLayout layout, string path)
    {
        var names = new List<string>();
        StructType? at = schema;
        foreach (var part in path.Split('.'))
        {
            if (at?.Find(part) is not { } field) return path;
            names.Add(layout.PhysicalName(field));
            at = field.Type as StructType;
        }
        return string.Join('.', names);
    }
}
