using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Write;

/// <summary>How a query's columns go into a table: which table schema results, and what each column is cast to.</summary>
internal sealed class WritePlan
{
    private WritePlan(Metadata metadata, bool changesMetadata, IReadOnlyList<StructField> written)
    {
        Metadata = metadata;
        ChangesMetadata = changesMetadata;
        Written = written;
        Layout = new ColumnLayout(metadata);
    }

    /// <summary>The table's metadata after the write.</summary>
    public Metadata Metadata { get; }

    /// <summary>Whether the write changes it.</summary>
    public bool ChangesMetadata { get; }

    /// <summary>The table's columns that the query gives, in the query's order.</summary>
    public IReadOnlyList<StructField> Written { get; }

    public ColumnLayout Layout { get; }

    /// <summary>A plan for a table that this write makes.</summary>
    public static WritePlan Create(string table, IReadOnlyList<DuckDbColumn> query, WriteOptions options)
    {
        var schema = DeltaTypes.SchemaOf(query, table);
        return ForNew(table, schema, options);
    }

    /// <summary>A plan for a new table of a known schema, with the options' partitioning and properties.</summary>
    public static WritePlan ForNew(string table, StructType schema, WriteOptions options) =>
        ForNew(table, schema, options.PartitionBy, options.Properties).With(options.SetProperties);

    /// <summary>A plan for a new table of a known schema.</summary>
    public static WritePlan ForNew(string table, StructType schema, IReadOnlyList<string> partitionBy, IReadOnlyDictionary<string, string>? properties)
    {
        CheckPartitioning(table, schema, partitionBy);
        var configuration = new Dictionary<string, string>(properties ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        configuration.TryAdd(TableProperties.EnableDeletionVectors, "true");
        return new WritePlan(Metadata.Create(schema, partitionBy, configuration), changesMetadata: true, schema.Fields);
    }

    /// <summary>A plan for a write into a table that exists.</summary>
    /// <exception cref="SchemaNotAcceptedException">The columns do not fit, and the options do not let the table change.</exception>
    public static WritePlan Into(string table, Metadata metadata, IReadOnlyList<DuckDbColumn> query, WriteOptions options, bool overwrite = false) =>
        Fit(table, metadata, query, options, overwrite).With(options.SetProperties);

    private static WritePlan Fit(string table, Metadata metadata, IReadOnlyList<DuckDbColumn> query, WriteOptions options, bool overwrite)
    {
        var given = DeltaTypes.SchemaOf(query, table);
        if (overwrite && options.OverwriteSchema)
        {
            CheckPartitioning(table, given, options.PartitionBy);
            var replaced = (metadata with { PartitionColumns = [.. options.PartitionBy.Select(column => given.Find(column)!.Name)] }).WithSchema(given);
            var same = DeltaTypes.SameShape(metadata.Schema, given) && metadata.PartitionColumns.SequenceEqual(replaced.PartitionColumns);
            return new WritePlan(same ? metadata : replaced, !same, same ? Named(metadata.Schema, given) : given.Fields);
        }
        if (options.PartitionBy.Count > 0 && !options.PartitionBy.SequenceEqual(metadata.PartitionColumns, StringComparer.OrdinalIgnoreCase))
            throw new SchemaNotAcceptedException($"Table {table} is partitioned by ({string.Join(", ", metadata.PartitionColumns)}), not by ({string.Join(", ", options.PartitionBy)}). Leave the partitioning out, or overwrite the table with its schema.", table);

        // What the cast on the way in takes care of counts as the column's own type.
        var fitted = new StructType(given.Fields.Select(field =>
            metadata.Schema.Find(field.Name) is { } column && Accepts(column.Type, field.Type) && !(options.MergeSchema && SchemaEvolution.CanWiden(column.Type, field.Type)) ? new StructField(column.Name, column.Type) : field));
        var schema = SchemaEvolution.Merge(table, metadata.Schema, fitted, options.MergeSchema ? SchemaChanges.AddColumns | SchemaChanges.WidenTypes : SchemaChanges.None);
        if (ReferenceEquals(schema, metadata.Schema)) return new WritePlan(metadata, changesMetadata: false, Named(schema, given));
        foreach (var column in metadata.PartitionColumns)
        {
            if (schema.Find(column)!.Type != metadata.Schema.Find(column)!.Type)
                throw new SchemaNotAcceptedException($"Table {table}: partition column '{column}' cannot be widened. Cast it in the query.", table);
        }
        if (metadata.ColumnMappingMode != "none")
            throw new SchemaNotAcceptedException($"Table {table} maps column names ({metadata.ColumnMappingMode}); adding or widening its columns is not supported. Change the schema with the engine that made the table.", table);
        var evolved = metadata.WithSchema(schema);
        // Data files of the narrower type stay as they are: readers must be told to expect them.
        if (schema.AnyField(field => field.Metadata.ContainsKey(SchemaEvolution.TypeChangesKey))) evolved = evolved.WithProperty(TableProperties.EnableTypeWidening, "true");
        return new WritePlan(evolved, changesMetadata: true, Named(schema, given));
    }

    /// <summary>The SELECT list that gives the file's columns: cast, under their physical names.</summary>
    public string SelectList(IReadOnlyList<DuckDbColumn> query)
    {
        var partitions = new HashSet<string>(Metadata.PartitionColumns, StringComparer.OrdinalIgnoreCase);
        return string.Join(", ", Written.Select((field, i) =>
        {
            var value = SqlText.Name(query[i].Name);
            if (Layout.HasIds && field.Type is StructType or ArrayType or MapType && Layout.Physical(field.Type) != field.Type)
                throw new SchemaNotAcceptedException($"Column '{field.Name}' is nested and renamed by column mapping; writing such columns is not supported.", null);
            var type = DeltaTypes.ToDuckDb(field.Type);
            if (!query[i].Type.Equals(type)) value = $"CAST({value} AS {type})";
            // The protocol cannot tell an empty partition value from null.
            if (field.Type == PrimitiveType.String && partitions.Contains(field.Name)) value = $"nullif({value}, '')";
            return $"{value} AS {SqlText.Name(Layout.PhysicalName(field))}";
        }));
    }

    /// <summary>The same plan with table properties set; itself where they are set already.</summary>
    private WritePlan With(IReadOnlyDictionary<string, string>? properties)
    {
        var changed = (properties ?? new Dictionary<string, string>()).Where(property => Metadata.Configuration.GetValueOrDefault(property.Key) != property.Value).ToList();
        return changed.Count == 0 ? this : new WritePlan(changed.Aggregate(Metadata, (metadata, property) => metadata.WithProperty(property.Key, property.Value)), changesMetadata: true, Written);
    }

    private static List<StructField> Named(StructType schema, StructType given) => [.. given.Fields.Select(field => schema.Find(field.Name)!)];

    /// <summary>Whether values of a query's type go into a column: the same type, a narrower one, or a number that the cast checks.</summary>
    private static bool Accepts(DeltaType column, DeltaType given) =>
        DeltaTypes.SameShape(given, column) || SchemaEvolution.CanWiden(given, column)
        || (IsWhole(column, out var columnScale) && IsWhole(given, out var givenScale) && givenScale <= columnScale)
        || (column is StructType or ArrayType or MapType && AcceptsNested(column, given));

    private static bool AcceptsNested(DeltaType column, DeltaType given) => (column, given) switch
    {
        (ArrayType a, ArrayType b) => Accepts(a.ElementType, b.ElementType),
        (MapType a, MapType b) => Accepts(a.KeyType, b.KeyType) && Accepts(a.ValueType, b.ValueType),
        (StructType a, StructType b) => b.Fields.All(field => a.Find(field.Name) is { } known && Accepts(known.Type, field.Type)),
        _ => false,
    };

    private static bool IsWhole(DeltaType type, out int scale)
    {
        scale = type is DecimalType number ? number.Scale : 0;
        return type is DecimalType || SqlConstant.IsInteger(type);
    }

    private static void CheckPartitioning(string table, StructType schema, IReadOnlyList<string> partitionBy)
    {
        foreach (var column in partitionBy)
        {
            var field = schema.Find(column)
                ?? throw new SchemaNotAcceptedException($"Table {table} cannot be partitioned by '{column}': there is no such column.", table);
            if (field.Type is not (PrimitiveType or DecimalType) || field.Type == PrimitiveType.Binary || field.Type == PrimitiveType.Void)
                throw new SchemaNotAcceptedException($"Table {table} cannot be partitioned by '{column}': values of type {field.Type} make no partitions.", table);
        }
        if (partitionBy.Count >= schema.Fields.Count)
            throw new SchemaNotAcceptedException($"Table {table}: at least one column must not be a partition column, as files hold only the others.", table);
    }
}
