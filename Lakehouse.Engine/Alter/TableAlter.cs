using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Engine.Upkeep;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Alter;

/// <summary>Changes a table's metadata and protocol, and none of its rows.</summary>
internal sealed class TableAlter(LakeTable table)
{
    private const string FeaturePrefix = "delta.feature.";

    public Task<CommitResult> SetPropertiesAsync(IReadOnlyDictionary<string, string?> properties, CancellationToken cancellationToken)
    {
        PropertyValues.Check(table.ToString(), properties);
        var features = properties.Keys.Where(key => key.StartsWith(FeaturePrefix, StringComparison.Ordinal)).Select(key => Feature(key[FeaturePrefix.Length..])).ToList();
        var removes = properties.Values.All(value => value is null);
        return RunAsync(
            removes ? "UNSET TBLPROPERTIES" : "SET TBLPROPERTIES",
            ("properties", System.Text.Json.JsonSerializer.Serialize(properties)),
            snapshot => Changed(snapshot.Metadata, properties),
            features,
            cancellationToken);
    }

    public Task<CommitResult> RenameAsync(string path, string newName, CancellationToken cancellationToken) =>
        RunAsync("RENAME COLUMN", ("oldColumnPath", path), snapshot =>
        {
            Used(snapshot.Metadata, path);
            return Checked(() => ColumnMapping.Rename(snapshot.Metadata, path, newName));
        }, [], cancellationToken);

    public Task<CommitResult> DropAsync(string path, CancellationToken cancellationToken) =>
        RunAsync("DROP COLUMNS", ("columns", path), snapshot =>
        {
            Used(snapshot.Metadata, path);
            return Checked(() => ColumnMapping.Drop(snapshot.Metadata, path));
        }, [], cancellationToken);

    public Task<CommitResult> AddColumnsAsync(StructType columns, CancellationToken cancellationToken) =>
        RunAsync("ADD COLUMNS", ("columns", SchemaJson.Write(columns)), snapshot =>
        {
            var present = snapshot.Schema.Fields.Select(field => new StructField(field.Name, field.Type));
            var schema = SchemaEvolution.Merge(table.ToString(), snapshot.Schema, new StructType([.. present.Where(field => columns.Find(field.Name) is null), .. columns.Fields]), SchemaChanges.AddColumns);
            return ColumnMapping.Assign(snapshot.Metadata.WithSchema(schema), snapshot.Metadata);
        }, [], cancellationToken);

    public Task<CommitResult> ChangeTypeAsync(string path, DeltaType type, CancellationToken cancellationToken) =>
        RunAsync("CHANGE COLUMN", ("column", $"{path} {type}"), snapshot =>
        {
            Used(snapshot.Metadata, path);
            if (snapshot.PartitionColumns.Contains(path, StringComparer.OrdinalIgnoreCase)) throw new SchemaNotAcceptedException($"Table {table}: partition column '{path}' cannot get another type.", table.ToString());
            var changed = (StructType)Typed(snapshot.Schema, path.Split('.'), 0, type, path);
            StructType schema;
            try
            {
                schema = SchemaEvolution.Merge(table.ToString(), snapshot.Schema, changed, SchemaChanges.WidenTypes);
            }
            catch (SchemaMismatchException exception)
            {
                throw new SchemaNotAcceptedException($"Table {table}: column '{path}' cannot become {type}. {exception.Message}", table.ToString());
            }
            if (ReferenceEquals(schema, snapshot.Schema)) throw new SchemaNotAcceptedException($"Table {table}: column '{path}' cannot become {type}, as its own type is as wide.", table.ToString());
            return snapshot.Metadata.WithSchema(schema).WithProperty(TableProperties.EnableTypeWidening, "true");
        }, [], cancellationToken);

    /// <summary>A type in which the part at a path has another type.</summary>
    private DeltaType Typed(DeltaType type, string[] path, int at, DeltaType wanted, string whole)
    {
        if (at == path.Length) return wanted;
        switch (type)
        {
            case StructType fields when fields.Find(path[at]) is { } found:
                return new StructType(fields.Fields.Select(field => ReferenceEquals(field, found) ? field.WithType(Typed(field.Type, path, at + 1, wanted, whole)) : field));
            case ArrayType array when path[at].Equals("element", StringComparison.OrdinalIgnoreCase):
                return new ArrayType(Typed(array.ElementType, path, at + 1, wanted, whole), array.ContainsNull);
            case MapType map when path[at].Equals("key", StringComparison.OrdinalIgnoreCase):
                return new MapType(Typed(map.KeyType, path, at + 1, wanted, whole), map.ValueType, map.ValueContainsNull);
            case MapType map when path[at].Equals("value", StringComparison.OrdinalIgnoreCase):
                return new MapType(map.KeyType, Typed(map.ValueType, path, at + 1, wanted, whole), map.ValueContainsNull);
            default:
                throw new SchemaNotAcceptedException($"Table {table} has no column '{whole}'.", table.ToString());
        }
    }

    /// <summary>The check and the commit are about the same version: what came meanwhile makes it all again.</summary>
    public Task<CommitResult> AddConstraintAsync(DuckDbConnection connection, string name, string expression, CancellationToken cancellationToken) =>
        RunAsync("ADD CONSTRAINT", ("name", name), async snapshot =>
        {
            var key = TableProperties.ConstraintPrefix + name.ToLowerInvariant();
            if (snapshot.Configuration.ContainsKey(key)) throw new TableNotUsableException($"Table {table} has a constraint '{name}' already: {snapshot.Configuration[key]}.", table.ToString());
            await CheckAsync(connection, snapshot, name, expression, cancellationToken).ConfigureAwait(false);
            return snapshot.Metadata.WithProperty(key, expression);
        }, [], readsRows: true, cancellationToken);

    public async Task<CommitResult> ClusterByAsync(IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
            if (columns.Count > 0 && snapshot.PartitionColumns.Count > 0)
                throw new SchemaNotAcceptedException($"Table {table} is partitioned by ({string.Join(", ", snapshot.PartitionColumns)}); a table is either partitioned or clustered. Overwrite it with its schema and no partitions first.", table.ToString());
            var ordered = OrderedColumns.Named(table, snapshot, columns);
            var before = OrderedColumns.OfClustering(table, snapshot);
            var transaction = table.Log.Begin(snapshot);
            transaction.SetClusteringColumns(ordered.PhysicalPaths(snapshot));
            var parameters = new Dictionary<string, string?> { ["oldClusteringColumns"] = string.Join(',', before?.Names ?? []), ["newClusteringColumns"] = string.Join(',', columns) };
            try
            {
                return table.Learn(await transaction.CommitAsync(Commits.Describe(table, new WriteOptions(), "CLUSTER BY", parameters, []), cancellationToken).ConfigureAwait(false));
            }
            catch (CommitConflictException) when (attempt < table.Lake.Options.MaxAttempts)
            {
                // Once more, on what the winner left.
            }
        }
    }

    private Task<CommitResult> RunAsync(string operation, (string Name, string Value) parameter, Func<Snapshot, Metadata> change, IReadOnlyList<TableFeature> features, CancellationToken cancellationToken) =>
        RunAsync(operation, parameter, snapshot => Task.FromResult(change(snapshot)), features, readsRows: false, cancellationToken);

    private async Task<CommitResult> RunAsync(
        string operation, (string Name, string Value) parameter, Func<Snapshot, Task<Metadata>> change, IReadOnlyList<TableFeature> features, bool readsRows, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var snapshot = await table.SnapshotAsync(null, cancellationToken).ConfigureAwait(false);
            var metadata = await change(snapshot).ConfigureAwait(false);
            var transaction = table.Log.Begin(snapshot);
            if (readsRows) transaction.ReadWholeTable();
            transaction.SetMetadata(metadata);
            if (features.Count > 0) transaction.SetProtocol(snapshot.Protocol.With(features));
            try
            {
                var info = Commits.Describe(table, new WriteOptions(), operation, new Dictionary<string, string?> { [parameter.Name] = parameter.Value }, []);
                return table.Learn(await transaction.CommitAsync(info, cancellationToken).ConfigureAwait(false));
            }
            catch (CommitConflictException) when (attempt < table.Lake.Options.MaxAttempts)
            {
                // Once more, on what the winner left.
            }
        }
    }

    private Metadata Changed(Metadata metadata, IReadOnlyDictionary<string, string?> properties)
    {
        var changed = properties.Where(property => !property.Key.StartsWith(FeaturePrefix, StringComparison.Ordinal))
            .Aggregate(metadata, (current, property) => current.WithProperty(property.Key, property.Value));
        // A table that asks for Iceberg from now on needs ids in lists and maps.
        if (changed.ColumnMappingMode == metadata.ColumnMappingMode) return ColumnMapping.Assign(changed, metadata);
        if (metadata.ColumnMappingMode != "none" || changed.ColumnMappingMode != "name")
            throw new SchemaNotAcceptedException($"Table {table} maps columns by {metadata.ColumnMappingMode}; it cannot change to {changed.ColumnMappingMode}, as its files are named and numbered as they are. Only none can become name.", table.ToString());
        return Checked(() => ColumnMapping.Assign(changed, metadata));
    }

    private TableFeature Feature(string name) => TableFeatures.Find(name) is { CanWrite: true } feature
        ? feature
        : throw new UnsupportedFeatureException(table.ToString(), [name], "cannot get the feature, because tables with it cannot be written here");

    private T Checked<T>(Func<T> change)
    {
        try
        {
            return change();
        }
        catch (ArgumentException exception)
        {
            // What comes behind the message is the name of a parameter of ours.
            throw new SchemaNotAcceptedException($"Table {table}: {exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal)}", table.ToString());
        }
    }

    /// <summary>A rule names columns as they are called now.</summary>
    private void Used(Metadata metadata, string path)
    {
        var column = path.Split('.')[0];
        var rules = RowRules.Of(metadata, metadata.Schema.Fields).Rules.Where(rule => SqlTokenizer.Tokenize(rule.Condition).Any(token => token.IsName && token.Value.Equals(column, StringComparison.OrdinalIgnoreCase))).ToList();
        var rule = rules.Find(rule => !rule.Name.StartsWith("NOT NULL", StringComparison.Ordinal));
        if (rule is not null) throw new SchemaNotAcceptedException($"Table {table}: column '{path}' is named by the {rule.Name}: {rule.Text}. Drop that first.", table.ToString());
    }

    private async Task CheckAsync(DuckDbConnection connection, Snapshot snapshot, string name, string expression, CancellationToken cancellationToken)
    {
        var slices = await table.SlicesAsync([.. snapshot.Files], cancellationToken).ConfigureAwait(false);
        using var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false);
        long? selection = slices.Any(slice => slice.Rows is not null) ? table.Lake.Selections.Add([.. slices.Select(slice => slice.Rows)]) : null;
        try
        {
            var scan = ScanSql.Write(new ColumnLayout(snapshot.Metadata), slices, local.PathOf, selection);
            var row = await connection.ScalarAsync<string>($"SELECT to_json(t)::VARCHAR FROM ({scan}) t WHERE NOT coalesce(({SparkExpression.ToDuckDb(expression, snapshot.Schema)}), false) LIMIT 1", cancellationToken).ConfigureAwait(false);
            if (row is not null) throw new RuleBrokenException(table.ToString(), $"new CHECK constraint '{name}'", expression, row);
        }
        catch (DuckDbException exception)
        {
            throw new SchemaNotAcceptedException(
                $"Table {table}: CHECK constraint '{name}', {expression}, cannot be tried on its rows: {exception.Message}. Conditions are kept in Spark's SQL, where \"x\" is a string: names go without quotes or in backticks.", table.ToString());
        }
        finally
        {
            if (selection is { } id) table.Lake.Selections.Release(id);
        }
    }
}
