using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>The columns that a clustered table's rows are placed by (PROTOCOL.md, "Clustered Table"): paths of physical names.</summary>
public static class ClusteringColumns
{
    /// <summary>The metadata domain that names them.</summary>
    public const string Domain = "delta.clustering";

    /// <summary>What an added file's <see cref="AddFile.ClusteringProvider"/> says when its rows were placed by them.</summary>
    public const string Provider = "liquid";

    /// <summary>The columns of a table; empty when it is not clustered, or its domain cannot be read: it is another writer's, and without
    /// it rows are only less well placed.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Read(snapshot.DomainMetadata.GetValueOrDefault(Domain));
    }

    /// <summary>The columns that a domain names.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Read(DomainMetadata? domain)
    {
        if (domain is null || domain.Removed) return [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(domain.Configuration);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("clusteringColumns", out JsonElement columns)) return [];

            // A column is a list of names, one for each level of nesting; older writers gave a bare name.
            return [.. columns.EnumerateArray().Select(IReadOnlyList<string> (column) => column.ValueKind == JsonValueKind.Array ? [.. column.EnumerateArray().Select(part => part.GetString() ?? "")] : [column.GetString() ?? ""])];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    /// <summary>The domain's configuration.</summary>
    internal static string Write(IReadOnlyList<IReadOnlyList<string>> columns) =>
        JsonSerializer.Serialize(new { clusteringColumns = columns, domainName = Domain });
}
