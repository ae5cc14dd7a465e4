using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lakehouse.Delta.Iceberg.Manifests;
using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg;

/// <summary>A snapshot of the table: one version of Delta's.</summary>
/// <param name="Id">Its id, which is its sequence number too: Delta's version + 1.</param>
/// <param name="ParentId">The snapshot before it.</param>
/// <param name="Timestamp">When the version was committed, in milliseconds since the Unix epoch.</param>
/// <param name="ManifestList">Where its manifests are named.</param>
/// <param name="SchemaId">Its schema.</param>
/// <param name="Summary">What it did, and totals.</param>
internal sealed record TableSnapshot(long Id, long? ParentId, long Timestamp, string ManifestList, int SchemaId, IReadOnlyDictionary<string, string> Summary);

/// <summary>An Iceberg table at one moment: what <c>metadata/vN.metadata.json</c> holds (Iceberg table spec, "Table Metadata", format
/// version 2). The newest snapshot is the current one, and comes last.</summary>
internal sealed record TableMetadata
{
    private const string NameMappingKey = "schema.name-mapping.default";
    private const string DeltaTableKey = "lakehouse.delta-table-id";
    private const string DeltaVersionKey = "delta-version";

    /// <summary>The Delta table's id.</summary>
    public required string DeltaTableId { get; init; }

    /// <summary>The table's folder, as clients find it; no slash at the end.</summary>
    public required string Location { get; init; }

    public required int LastColumnId { get; init; }

    /// <summary>Every schema that a snapshot has; the current one comes last.</summary>
    public required IReadOnlyList<IcebergSchema> Schemas { get; init; }

    /// <summary>Every partition spec that a snapshot has; the current one comes last.</summary>
    public required IReadOnlyList<PartitionSpec> Specs { get; init; }

    public required int LastPartitionId { get; init; }

    /// <summary>The ids of names in files.</summary>
    public required NameMapping Names { get; init; }

    /// <summary>The snapshots, oldest first; never none.</summary>
    public required IReadOnlyList<TableSnapshot> Snapshots { get; init; }

    public TableSnapshot Current => Snapshots[^1];

    /// <summary>The version of the Delta table that the current snapshot is.</summary>
    public long DeltaVersion => Current.Id - 1;

    /// <summary>The same table with columns that it has now; null when its earlier snapshots could not be read by them.</summary>
    public TableMetadata? With(SchemaMapping mapping)
    {
        HashSet<int> ids = [.. mapping.Columns.Fields.Select(column => column.Id)];
        if (mapping.Restarts || Specs.Any(spec => spec.Fields.Any(field => !ids.Contains(field.SourceId)))) return null;
        Dictionary<int, string> names = mapping.Columns.Fields.ToDictionary(column => column.Id, column => column.Name);
        List<PartitionSpec> specs = [.. Specs.Select(spec => spec with { Fields = [.. spec.Fields.Select(field => field with { Name = names[field.SourceId] })] })];
        int lastPartitionId = LastPartitionId;
        MakeLast(specs, spec => spec.SameColumns(mapping.Partitions), () => NewSpec(mapping, specs, ref lastPartitionId));
        List<IcebergSchema> schemas = [.. Schemas];
        string text = SchemaText.Of(mapping.Columns);
        MakeLast(schemas, schema => SchemaText.Of(schema.Columns) == text, () => new IcebergSchema(schemas.Max(schema => schema.Id) + 1, mapping.Columns));
        return this with { Names = mapping.Names, LastColumnId = mapping.LastColumnId, Schemas = schemas, Specs = specs, LastPartitionId = lastPartitionId };
    }

    /// <summary>A spec by columns that no other has; a column keeps the field id that it had in another.</summary>
    public static PartitionSpec NewSpec(SchemaMapping mapping, IReadOnlyList<PartitionSpec> known, ref int lastPartitionId)
    {
        List<PartitionField> fields = [];
        foreach (PartitionColumn column in mapping.Partitions)
        {
            int id = known.SelectMany(spec => spec.Fields).FirstOrDefault(field => field.SourceId == column.SourceId)?.FieldId ?? ++lastPartitionId;
            fields.Add(new PartitionField(column.SourceId, id, column.Name));
        }

        return new PartitionSpec(known.Count == 0 ? 0 : known.Max(spec => spec.Id) + 1, fields);
    }

    /// <summary>The same table without snapshots that were committed before a time, and no more than a number of them. The current one stays.</summary>
    public TableMetadata WithoutExpired(long before, int most)
    {
        List<TableSnapshot> kept = [.. Snapshots.Where((snapshot, index) => index == Snapshots.Count - 1 || (snapshot.Timestamp >= before && index >= Snapshots.Count - most))];
        HashSet<int> schemas = [.. kept.Select(snapshot => snapshot.SchemaId), Schemas[^1].Id];
        return this with { Snapshots = kept, Schemas = [.. Schemas.Where(schema => schemas.Contains(schema.Id))] };
    }

    /// <summary>What it says about ids.</summary>
    public KnownIds Ids()
    {
        Dictionary<int, IcebergType> types = [];
        foreach (IcebergSchema schema in Schemas)
        {
            foreach ((int id, IcebergType type) in schema.Ids()) types[id] = type;
        }

        return new KnownIds(Names, types, LastColumnId);
    }

    public ReadOnlyMemory<byte> ToJson() => JsonText.BytesOf(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("format-version", 2);
        json.WriteString("table-uuid", Guid.TryParse(DeltaTableId, out Guid id) ? id : new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(DeltaTableId)).AsSpan(0, 16)));
        json.WriteString("location", Location);
        json.WriteNumber("last-sequence-number", Current.Id);
        json.WriteNumber("last-updated-ms", Current.Timestamp);
        json.WriteNumber("last-column-id", LastColumnId);
        json.WriteNumber("current-schema-id", Schemas[^1].Id);
        json.WriteStartArray("schemas");
        foreach (IcebergSchema schema in Schemas) SchemaText.Write(json, schema);
        json.WriteEndArray();
        json.WriteNumber("default-spec-id", Specs[^1].Id);
        json.WriteStartArray("partition-specs");
        foreach (PartitionSpec spec in Specs) spec.Write(json);
        json.WriteEndArray();
        json.WriteNumber("last-partition-id", LastPartitionId);
        json.WriteNumber("default-sort-order-id", 0);
        json.WriteStartArray("sort-orders");
        json.WriteStartObject();
        json.WriteNumber("order-id", 0);
        json.WriteStartArray("fields");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        WriteProperties(json);
        json.WriteNumber("current-snapshot-id", Current.Id);
        json.WriteStartObject("refs");
        json.WriteStartObject("main");
        json.WriteNumber("snapshot-id", Current.Id);
        json.WriteString("type", "branch");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("snapshots");
        foreach (TableSnapshot snapshot in Snapshots) Write(json, snapshot);
        json.WriteEndArray();
        WriteEmpty(json, "statistics");
        WriteEmpty(json, "partition-statistics");
        json.WriteStartArray("snapshot-log");
        foreach (TableSnapshot snapshot in Snapshots)
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp-ms", snapshot.Timestamp);
            json.WriteNumber("snapshot-id", snapshot.Id);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteEmpty(json, "metadata-log");
        json.WriteEndObject();
    });

    /// <summary>Reads metadata that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static TableMetadata Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 256 });
            JsonElement root = document.RootElement;
            Dictionary<string, string> properties = TextsOf(root.GetProperty("properties"));
            TableSnapshot[] snapshots = [.. root.GetProperty("snapshots").EnumerateArray().Select(ReadSnapshot)];
            if (snapshots.Length == 0 || snapshots[^1].Id != root.GetProperty("current-snapshot-id").GetInt64()) throw new FormatException("its current snapshot is not its last");
            return new TableMetadata
            {
                DeltaTableId = properties[DeltaTableKey],
                Location = root.GetProperty("location").GetString()!,
                LastColumnId = root.GetProperty("last-column-id").GetInt32(),
                Schemas = CurrentLast(root.GetProperty("schemas").EnumerateArray().Select(SchemaText.Read), root.GetProperty("current-schema-id").GetInt32(), schema => schema.Id),
                Specs = CurrentLast(root.GetProperty("partition-specs").EnumerateArray().Select(PartitionSpec.Read), root.GetProperty("default-spec-id").GetInt32(), spec => spec.Id),
                LastPartitionId = root.GetProperty("last-partition-id").GetInt32(),
                Names = NameMapping.Parse(properties[NameMappingKey]),
                Snapshots = snapshots,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new FormatException($"it is no Iceberg metadata of ours: {exception.Message}", exception);
        }
    }

    private static void MakeLast<T>(List<T> items, Predicate<T> isIt, Func<T> make)
    {
        int index = items.FindIndex(isIt);
        T item = index < 0 ? make() : items[index];
        if (index >= 0) items.RemoveAt(index);
        items.Add(item);
    }

    private static T[] CurrentLast<T>(IEnumerable<T> all, int current, Func<T, int> id) => [.. all.OrderBy(item => id(item) == current)];

    private static TableSnapshot ReadSnapshot(JsonElement element) => new(
        element.GetProperty("snapshot-id").GetInt64(),
        element.TryGetProperty("parent-snapshot-id", out JsonElement parent) ? parent.GetInt64() : null,
        element.GetProperty("timestamp-ms").GetInt64(),
        element.GetProperty("manifest-list").GetString()!,
        element.GetProperty("schema-id").GetInt32(),
        TextsOf(element.GetProperty("summary")));

    private static Dictionary<string, string> TextsOf(JsonElement element) =>
        element.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!, StringComparer.Ordinal);

    private static void WriteEmpty(Utf8JsonWriter json, string name)
    {
        json.WriteStartArray(name);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, TableSnapshot snapshot)
    {
        json.WriteStartObject();
        json.WriteNumber("sequence-number", snapshot.Id);
        json.WriteNumber("snapshot-id", snapshot.Id);
        if (snapshot.ParentId is { } parent) json.WriteNumber("parent-snapshot-id", parent);
        json.WriteNumber("timestamp-ms", snapshot.Timestamp);
        json.WriteStartObject("summary");
        foreach ((string key, string value) in snapshot.Summary) json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteString("manifest-list", snapshot.ManifestList);
        json.WriteNumber("schema-id", snapshot.SchemaId);
        json.WriteEndObject();
    }

    private void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteStartObject("properties");
        json.WriteString(NameMappingKey, Names.ToJson());
        json.WriteString("write.format.default", "parquet");

        // The files are the Delta table's: no client may delete them as its own garbage.
        json.WriteString("gc.enabled", "false");
        json.WriteString(DeltaVersionKey, DeltaVersion.ToString(CultureInfo.InvariantCulture));
        json.WriteString("delta-timestamp", Current.Timestamp.ToString(CultureInfo.InvariantCulture));
        json.WriteString(DeltaTableKey, DeltaTableId);
        json.WriteEndObject();
    }
}
