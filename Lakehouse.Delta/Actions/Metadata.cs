using System.Collections.ObjectModel;

namespace Lakehouse.Delta;

/// <summary>A table's schema, partitioning and configuration (PROTOCOL.md, "Change Metadata").</summary>
public sealed record Metadata : DeltaAction
{
    private StructType? _schema;

    /// <summary>The table's id, the same for its whole life.</summary>
    public required string Id { get; init; }

    /// <summary>A name for people.</summary>
    public string? Name { get; init; }

    /// <summary>A description for people.</summary>
    public string? Description { get; init; }

    /// <summary>The data files' format. Always Parquet.</summary>
    public string FormatProvider { get; init; } = "parquet";

    /// <summary>Options of the format.</summary>
    public IReadOnlyDictionary<string, string?> FormatOptions { get; init; } = ReadOnlyDictionary<string, string?>.Empty;

    /// <summary>The schema as JSON.</summary>
    public required string SchemaString
    {
        get;
        init
        {
            field = value;
            _schema = null; // a copy with another schema must not keep the parsed one
        }
    }

    /// <summary>The columns whose values are in the log rather than in the data files.</summary>
    public IReadOnlyList<string> PartitionColumns { get; init; } = [];

    /// <summary>Table properties.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When the table was created, in milliseconds since the Unix epoch.</summary>
    public long? CreatedTime { get; init; }

    /// <summary>The schema, parsed from <see cref="SchemaString"/> when first asked for.</summary>
    /// <exception cref="FormatException">It is no schema. Metadata that comes from a snapshot has been checked.</exception>
    public StructType Schema => _schema ??= SchemaJson.Parse(SchemaString);

    /// <summary>How columns find their data in the files: <c>none</c>, <c>id</c> or <c>name</c>.</summary>
    public string ColumnMappingMode => Configuration.GetValueOrDefault(TableProperties.ColumnMappingMode) ?? "none";

    /// <summary>Metadata for a new table.</summary>
    /// <param name="schema">Its columns.</param>
    /// <param name="partitionColumns">Columns of the schema, in the order of the folders.</param>
    /// <param name="configuration">Table properties.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="time">The time that counts as now; the system's when absent.</param>
    /// <exception cref="ArgumentException">A partition column is not in the schema or not primitive.</exception>
    public static Metadata Create(
        StructType schema,
        IReadOnlyList<string>? partitionColumns = null,
        IReadOnlyDictionary<string, string>? configuration = null,
        string? name = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        foreach (string column in partitionColumns ?? [])
        {
            StructField field = schema.Find(column) ?? throw new ArgumentException($"The partition column '{column}' is not in the schema.", nameof(partitionColumns));
            if (field.Type is not (PrimitiveType or DecimalType))
                throw new ArgumentException($"The column '{column}' cannot partition the table: its type is {field.Type}.", nameof(partitionColumns));
        }

        return new Metadata
        {
            Id = Guid.NewGuid().ToString(),
            Name = name,
            SchemaString = SchemaJson.Write(schema),
            PartitionColumns = partitionColumns is null ? [] : [.. partitionColumns.Select(column => schema.Find(column)!.Name)],
            Configuration = configuration ?? ReadOnlyDictionary<string, string>.Empty,
            CreatedTime = (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds(),
            _schema = schema,
        };
    }

    /// <summary>The same table with another schema.</summary>
    public Metadata WithSchema(StructType schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return this with { SchemaString = SchemaJson.Write(schema), _schema = schema };
    }

    /// <summary>The same table with a property set, or taken away by null.</summary>
    public Metadata WithProperty(string key, string? value)
    {
        Dictionary<string, string> configuration = new(Configuration, StringComparer.Ordinal);
        if (value is null) configuration.Remove(key);
        else configuration[key] = value;
        return this with { Configuration = configuration };
    }
}
