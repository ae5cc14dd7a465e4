using Lakehouse.DuckDb;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Checkpoints;

/// <summary>The fields of an <c>add</c> or <c>remove</c> column that are known and there, as a SELECT list of the types in which they
/// are read.</summary>
internal sealed class FileRowColumns
{
    private const string Map = "MAP(VARCHAR, VARCHAR)";

    private static readonly (string Name, string Type)[] Known =
    [
        ("path", "VARCHAR"), ("partitionValues", Map), ("size", "BIGINT"), ("modificationTime", "BIGINT"), ("deletionTimestamp", "BIGINT"), ("dataChange", "BOOLEAN"),
        ("extendedFileMetadata", "BOOLEAN"), ("stats", "VARCHAR"), ("tags", Map), ("baseRowId", "BIGINT"), ("defaultRowCommitVersion", "BIGINT"), ("clusteringProvider", "VARCHAR"),
    ];

    private static readonly (string Name, string Type)[] KnownOfVectors =
        [("storageType", "VARCHAR"), ("pathOrInlineDv", "VARCHAR"), ("offset", "BIGINT"), ("sizeInBytes", "BIGINT"), ("cardinality", "BIGINT")];

    private readonly List<string> _select = [];
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    public FileRowColumns(string kind, DuckDbType type)
    {
        var column = SqlText.Name(kind);
        AddAll(column, type, Known, "");
        if (Field(type, "stats_parsed") is { Id: DuckDbTypeId.Struct } parsed) AddParsedStatistics($"{column}.stats_parsed", parsed);
        if (Field(type, "deletionVector") is { Id: DuckDbTypeId.Struct } vector) AddAll($"{column}.deletionVector", vector, KnownOfVectors, "deletionVector.");
    }

    public int Count => _select.Count;

    /// <summary>The result's column of a field; -1 where it is not there. Fields of the deletion vector are <c>deletionVector.NAME</c>.</summary>
    public int IndexOf(string field) => _indexes.GetValueOrDefault(field, -1);

    /// <summary>The SELECT list.</summary>
    public override string ToString() => string.Join(", ", _select);

    private void AddAll(string column, DuckDbType type, (string Name, string Type)[] known, string prefix)
    {
        foreach (var (name, wanted) in known)
        {
            if (Field(type, name) is not { } own) continue;
            var value = $"{column}.{SqlText.Name(name)}";
            if (wanted == Map && own.Id != DuckDbTypeId.Map) value = $"to_json({value})";
            _indexes[prefix + name] = _select.Count;
            _select.Add($"CAST({value} AS {wanted})");
        }
    }

    /// <summary>A writer may keep statistics as columns only (<c>delta.checkpoint.writeStatsAsStruct</c>).</summary>
    private void AddParsedStatistics(string column, DuckDbType type)
    {
        var json = $"CASE WHEN {column} IS NOT NULL THEN to_json({StatisticsJson(column, type)})::VARCHAR END";
        if (_indexes.TryGetValue("stats", out var index))
        {
            _select[index] = $"coalesce({_select[index]}, {json})";
            return;
        }
        _indexes["stats"] = _select.Count;
        _select.Add(json);
    }

    private static DuckDbType? Field(DuckDbType type, string name) => type.Fields.FirstOrDefault(field => field.Name == name)?.Type;

    /// <summary>Statistics with their values as the log's JSON has them: instants in ISO 8601, no numbers that JSON lacks.</summary>
    private static string StatisticsJson(string value, DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.Struct => $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", type.Fields.Select(field => $"{SqlText.Name(field.Name)} := {StatisticsJson($"struct_extract({value}, {SqlText.Literal(field.Name)})", field.Type)}"))}) END",
        DuckDbTypeId.TimestampTz => $"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')",
        DuckDbTypeId.Timestamp => $"strftime({value}, '%Y-%m-%dT%H:%M:%S.%f')",
        DuckDbTypeId.Float or DuckDbTypeId.Double => $"CASE WHEN isfinite({value}) THEN {value} END",
        _ => value,
    };
}
