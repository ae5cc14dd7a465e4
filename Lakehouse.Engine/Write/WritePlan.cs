using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Write;

/// <summary>How a query's columns go into a table: which table schema results, and what each column is cast to.</summary>
internal sealed class WritePlan
{
    private readonly IReadOnlyList<StructField> _given;
    private readonly RowIdentity? _identity;

    private WritePlan(Metadata metadata, bool changesMetadata, IReadOnlyList<StructField> given)
    {
        Metadata = metadata;
        ChangesMetadata = changesMetadata;
        _given = given;
        Written = [.. given, .. metadata.Schema.Fields.Where(field => Fills(metadata, field) && !given.Any(other => other.Name == field.Name))];
        Layout = new ColumnLayout(metadata);
        Rules = RowRules.Of(metadata, given);
        Statistics = new StatisticsColumns(metadata, Layout, Written);
    }

    private WritePlan(WritePlan plan, RowRules rules, RowIdentity? identity)
    {
        _identity = identity;
        Metadata = plan.Metadata;
        ChangesMetadata = plan.ChangesMetadata;
        _given = plan._given;
        Written = plan.Written;
        Layout = plan.Layout;
        Statistics = plan.Statistics;
        Rules = rules;
    }

    /// <summary>The table's metadata after the write.</summary>
    public Metadata Metadata { get; }

    /// <summary>Whether the write changes it.</summary>
    public bool ChangesMetadata { get; }

    /// <summary>The columns that go into files: those that the query gives, in its order, then those that the table fills in.</summary>
    public IReadOnlyList<StructField> Written { get; }

    public ColumnLayout Layout { get; }

    /// <summary>What the table demands of every row.</summary>
    public RowRules Rules { get; }

    /// <summary>The identity columns that the query leaves out.</summary>
    public IEnumerable<StructField> Numbered => Written.Skip(_given.Count).Where(column => IdentityColumn.Of(column) is not null);

    /// <summary>Which of the columns get statistics.</summary>
    public StatisticsColumns Statistics { get; }

    /// <summary>A plan for a table that this write makes.</summary>
    public static WritePlan Create(string table, IReadOnlyList<DuckDbColumn> query, WriteOptions options)
    {
        var schema = DeltaTypes.SchemaOf(query, table);
        return ForNew(table, schema, options);
    }

    /// <summary>A plan for a new table of a known schema, with the options' partitioning and properties.</summary>
    public static WritePlan ForNew(string table, StructType schema, WriteOptions options) =>
        ForNew(table, schema, options.PartitionBy, options.Properties).With(table, options.SetProperties);

    /// <summary>A plan for a new table of a known schema.</summary>
    public static WritePlan ForNew(string table, StructType schema, IReadOnlyList<string> partitionBy, IReadOnlyDictionary<string, string>? properties)
    {
        CheckPartitioning(table, schema, partitionBy);
        PropertyValues.Check(table, (properties ?? new Dictionary<string, string>()).Select(property => new KeyValuePair<string, string?>(property.Key, property.Value)));
        var configuration = new Dictionary<string, string>(properties ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        configuration.TryAdd(TableProperties.EnableDeletionVectors, "true");
        var metadata = ColumnMapping.Assign(Metadata.Create(schema, partitionBy, configuration), null);
        return new WritePlan(metadata, changesMetadata: true, metadata.Schema.Fields);
    }

    /// <summary>A plan for rows with all columns of a table of such metadata.</summary>
    public static WritePlan Of(Metadata metadata) => new(metadata, changesMetadata: true, [.. metadata.Schema.Fields.Where(field => field.Type != PrimitiveType.Void)]);

    /// <summary>A plan for a write into a table that exists.</summary>
    /// <exception cref="SchemaNotAcceptedException">The columns do not fit, and the options do not let the table change.</exception>
    /// <exception cref="UnsupportedFeatureException">The table can only be read.</exception>
    public static WritePlan Into(string table, Snapshot snapshot, IReadOnlyList<DuckDbColumn> query, WriteOptions options, bool overwrite = false)
    {
        // What cannot be written at all is told before what does not fit.
        snapshot.Protocol.EnsureWritable(table, snapshot.Metadata, snapshot.Version);
        var plan = Fit(table, snapshot.Metadata, query, options, overwrite).With(table, options.SetProperties);
        plan.Statistics.AddClustering(snapshot.DomainMetadata.GetValueOrDefault(ClusteringColumns.Domain));
        return plan;
    }

    private static WritePlan Fit(string table, Metadata metadata, IReadOnlyList<DuckDbColumn> query, WriteOptions options, bool overwrite)
    {
        var given = DeltaTypes.SchemaOf(query, table);
        if (overwrite && options.OverwriteSchema)
        {
            CheckPartitioning(table, given, options.PartitionBy);
            var replaced = (metadata with { PartitionColumns = [.. options.PartitionBy.Select(column => given.Find(column)!.Name)] }).WithSchema(given);
            replaced = ColumnMapping.Assign(replaced, null);
            var same = DeltaTypes.SameShape(metadata.Schema, given) && metadata.PartitionColumns.SequenceEqual(replaced.PartitionColumns);
            return new WritePlan(same ? metadata : replaced, !same, Named(same ? metadata.Schema : replaced.Schema, given));
        }
        if (options.PartitionBy.Count > 0 && !options.PartitionBy.SequenceEqual(metadata.PartitionColumns, StringComparer.OrdinalIgnoreCase))
            throw new SchemaNotAcceptedException($"Table {table} is partitioned by ({string.Join(", ", metadata.PartitionColumns)}), not by ({string.Join(", ", options.PartitionBy)}). Leave the partitioning out, or overwrite the table with its schema.", table);

        // What the cast on the way in takes care of counts as the column's own type.
        var fitted = new StructType(given.Fields.Select(field =>
            metadata.Schema.Find(field.Name) is { } column && Accepts(column.Type, field.Type) && !(options.MergeSchema && Widens(column.Type, field.Type)) ? new StructField(column.Name, column.Type) : field)
            .Concat(metadata.Schema.Fields.Where(field => !field.Nullable && Fills(metadata, field) && given.Find(field.Name) is null)));
        var schema = SchemaEvolution.Merge(table, metadata.Schema, fitted, options.MergeSchema ? SchemaChanges.AddColumns | SchemaChanges.WidenTypes : SchemaChanges.None);
        if (ReferenceEquals(schema, metadata.Schema)) return new WritePlan(metadata, changesMetadata: false, Named(schema, given));
        foreach (var column in metadata.PartitionColumns)
        {
            if (schema.Find(column)!.Type != metadata.Schema.Find(column)!.Type)
                throw new SchemaNotAcceptedException($"Table {table}: partition column '{column}' cannot be widened. Cast it in the query.", table);
        }
        var evolved = ColumnMapping.Assign(metadata.WithSchema(schema), metadata);
        // Data files of the narrower type stay as they are: readers must be told to expect them.
        if (schema.AnyField(field => field.Metadata.ContainsKey(SchemaEvolution.TypeChangesKey))) evolved = evolved.WithProperty(TableProperties.EnableTypeWidening, "true");
        return new WritePlan(evolved, changesMetadata: true, Named(evolved.Schema, given));
    }

    /// <summary>Whether files that were written when the table may have been another are what would be written now: under the same names in
    /// files, with every column that the table fills in, and held against all of its rules. Narrower types are read as the table's.</summary>
    public bool Takes(StagedFiles staged) =>
        staged.Files.Count == 0
        || (Rules.Rules.All(rule => staged.Rules.Any(known => known.Condition == rule.Condition))
            && Written.All(field => staged.Schema.Find(field.Name) is { } written && HasNamesOf(field, written)
                && (field.Nullable || !written.Nullable) && RowRules.Generated(field) == RowRules.Generated(written)));

    /// <summary>The same plan for rows that the table holds already: they are not held against its rules again.</summary>
    public WritePlan ForRewrite() => new(this, RowRules.None, _identity);

    /// <summary>The same plan for a query that also gives the ids that rows had before, under their names in files; null changes nothing.</summary>
    public WritePlan Keeping(RowIdentity? identity) => identity is null ? this : new(this, Rules, identity);

    /// <summary>The SELECT that gives the files' columns: cast, filled in, checked, under their physical names.</summary>
    /// <param name="query">The columns of the query.</param>
    /// <param name="selectSql">The query.</param>
    /// <param name="extra">A further column of the query that goes into the files as it is.</param>
    /// <param name="identity">Gives values to the columns in <see cref="Numbered"/>.</param>
    /// <exception cref="DuckDbException">When it is bound: DuckDB does not know something in the table's own expressions.</exception>
    public string SelectSql(IReadOnlyList<DuckDbColumn> query, string selectSql, string? extra = null, IdentityRun? identity = null)
    {
        IEnumerable<string> extras = [.. (_identity?.Names ?? []).Concat(extra is null ? [] : [extra]).Select(SqlText.Name)];
        if (Written.Count == _given.Count && Rules.Rules.Count == 0)
            return $"SELECT {string.Join(", ", _given.Select((field, i) => ToFile(field, Cast(field, query[i]))).Concat(extras))} FROM (\n{selectSql}\n)";

        // Three steps: what is given or has a default, then what is generated from it, then the check of the whole row.
        var given = _given.Select((field, i) => $"{Cast(field, query[i])} AS {SqlText.Name(field.Name)}");
        var others = Metadata.Schema.Fields.Where(field => !_given.Any(other => other.Name == field.Name)).ToList();
        var filled = others.Where(field => RowRules.Generated(field) is null)
            .Select(field => $"CAST({(identity is not null && IdentityColumn.Of(field) is not null ? identity.Sql(field) : RowRules.Default(field) is { } expression ? SparkExpression.ToDuckDb(expression, Metadata.Schema) : "NULL")} AS {DeltaTypes.ToDuckDb(field.Type)}) AS {SqlText.Name(field.Name)}");
        var generated = others.Where(field => RowRules.Generated(field) is not null)
            .Select(field => $", CAST({SparkExpression.ToDuckDb(RowRules.Generated(field)!, Metadata.Schema)} AS {DeltaTypes.ToDuckDb(field.Type)}) AS {SqlText.Name(field.Name)}");
        var row = $"struct_pack({string.Join(", ", Metadata.Schema.Fields.Select(field => $"{SqlText.Name(field.Name)} := {SqlText.Name(field.Name)}"))})";
        var guarded = Written.First(field => !Layout.IsPartition(field));
        var columns = Written.Select(field => ToFile(field, ReferenceEquals(field, guarded) ? Rules.Guard(SqlText.Name(field.Name), row) : SqlText.Name(field.Name)));
        return $"SELECT {string.Join(", ", columns.Concat(extras))} FROM (SELECT *{string.Concat(generated)} FROM (SELECT {string.Join(", ", given.Concat(filled).Concat(extras))} FROM (\n{selectSql}\n)))";
    }

    private static string Cast(StructField field, DuckDbColumn column)
    {
        var type = DeltaTypes.ToDuckDb(field.Type);
        return column.Type.Equals(type) ? SqlText.Name(column.Name) : $"CAST({SqlText.Name(column.Name)} AS {type})";
    }

    private string ToFile(StructField field, string value)
    {
        // The protocol cannot tell an empty partition value from null.
        if (field.Type == PrimitiveType.String && Layout.IsPartition(field)) value = $"nullif({value}, '')";
        return $"{Layout.ToPhysical(value, field.Type)} AS {SqlText.Name(Layout.PhysicalName(field))}";
    }

    /// <summary>Whether a write that leaves the column out has it filled in: generated, by default, or with nulls as partitions must have a value.</summary>
    private static bool Fills(Metadata metadata, StructField field) =>
        RowRules.Generated(field) is not null || RowRules.Default(field) is not null || IdentityColumn.Of(field) is not null || metadata.PartitionColumns.Contains(field.Name);

    /// <summary>The same plan with table properties set; itself where they are set already.</summary>
    private WritePlan With(string table, IReadOnlyDictionary<string, string>? properties)
    {
        var changed = (properties ?? new Dictionary<string, string>()).Where(property => Metadata.Configuration.GetValueOrDefault(property.Key) != property.Value).ToList();
        PropertyValues.Check(table, changed.Select(property => new KeyValuePair<string, string?>(property.Key, property.Value)));
        return changed.Count == 0 ? this : new WritePlan(changed.Aggregate(Metadata, (metadata, property) => metadata.WithProperty(property.Key, property.Value)), changesMetadata: true, _given);
    }

    private static bool HasNamesOf(StructField field, StructField written) => field.PhysicalName == written.PhysicalName && HasNamesOf(field.Type, written.Type);

    private static bool HasNamesOf(DeltaType type, DeltaType written) => (type, written) switch
    {
        (ArrayType a, ArrayType b) => HasNamesOf(a.ElementType, b.ElementType),
        (MapType a, MapType b) => HasNamesOf(a.KeyType, b.KeyType) && HasNamesOf(a.ValueType, b.ValueType),
        (StructType a, StructType b) => b.Fields.All(field => a.Find(field.Name) is { } known && HasNamesOf(known, field)),
        _ => true,
    };

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

    /// <summary>Whether taking in a query's type widens the column's, or a part of it.</summary>
    private static bool Widens(DeltaType column, DeltaType given) => (column, given) switch
    {
        (ArrayType a, ArrayType b) => Widens(a.ElementType, b.ElementType),
        (MapType a, MapType b) => Widens(a.KeyType, b.KeyType) || Widens(a.ValueType, b.ValueType),
        (StructType a, StructType b) => b.Fields.Any(field => a.Find(field.Name) is { } known && Widens(known.Type, field.Type)),
        _ => SchemaEvolution.CanWiden(column, given),
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
