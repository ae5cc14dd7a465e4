using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Merge;

/// <summary>A merge's source, computed once into a temporary table unless it is stable, and checked: every key is there once.</summary>
internal sealed class MergeSource : IAsyncDisposable
{
    private readonly DuckDbConnection _connection;
    private readonly MergeOptions _options;
    private readonly IReadOnlyList<KeyBounds> _bounds;

    private MergeSource(DuckDbConnection connection, string name, MergeOptions options, IReadOnlyList<DuckDbColumn> columns, long rows, long upserts, IReadOnlyList<KeyBounds> bounds)
    {
        _connection = connection;
        _options = options;
        _bounds = bounds;
        Name = name;
        Columns = columns;
        Rows = rows;
        Upserts = upserts;
    }

    /// <summary>What to read from: the source's columns, <c>lake_number</c> and <c>lake_delete</c>.</summary>
    public string Name { get; }

    /// <summary>The columns that are stored.</summary>
    public IReadOnlyList<DuckDbColumn> Columns { get; }

    public long Rows { get; }

    /// <summary>Rows that are updated or inserted.</summary>
    public long Upserts { get; }

    /// <summary>The rows that are stored.</summary>
    public string UpsertSql => $"SELECT {string.Join(", ", Columns.Select(column => SqlText.Name(column.Name)))} FROM {Name} WHERE NOT lake_delete";

    public static async Task<MergeSource> CreateAsync(LakeTable table, DuckDbConnection connection, string sourceSql, MergeOptions options, CancellationToken cancellationToken)
    {
        var delete = options.DeleteWhen is { } condition ? $"coalesce(({condition}), false)" : "false";
        var rowsSql = $"SELECT *, row_number() OVER () AS lake_number, {delete} AS lake_delete FROM (\n{sourceSql}\n)";
        var name = $"(\n{rowsSql}\n)";
        if (!options.SourceIsStable)
        {
            name = "temp.main." + table.Lake.NextName("lake_merge_");
            await connection.ExecuteAsync($"CREATE TEMP TABLE {name} AS {rowsSql}", cancellationToken).ConfigureAwait(false);
        }
        try
        {
            var all = await Write.ParquetStager.ColumnsAsync(connection, $"SELECT * FROM {name}", cancellationToken).ConfigureAwait(false);
            foreach (var key in options.Keys.Concat(options.ExceptColumns))
            {
                if (all.All(column => !column.Name.Equals(key, StringComparison.OrdinalIgnoreCase)))
                    throw new SchemaNotAcceptedException($"Merge into {table}: the source has no column '{key}'. It gives: {string.Join(", ", all.SkipLast(2).Select(column => column.Name))}.", table.ToString());
            }
            var stored = all.SkipLast(2).Where(column => !options.ExceptColumns.Contains(column.Name, StringComparer.OrdinalIgnoreCase)).ToList();
            var (rows, upserts, distinct, bounds) = await MeasureAsync(connection, name, options.Keys, cancellationToken).ConfigureAwait(false);
            if (distinct < rows) throw await RepeatedKeyAsync(table, connection, name, options.Keys, cancellationToken).ConfigureAwait(false);
            return new MergeSource(connection, name, options, stored, rows, upserts, bounds);
        }
        catch
        {
            if (!options.SourceIsStable) await connection.ExecuteAsync($"DROP TABLE IF EXISTS {name}", CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What files must hold to have any of the keys; null when nothing is excluded.</summary>
    public FilePredicate? KeyRange(StructType schema) => KeyBounds.Files(_bounds.Where(bounds => IsOrderedAs(bounds.Key, schema)).Select(bounds => (bounds.Key, bounds)), schema);

    /// <summary>Whether a key's values are in the same order, and written alike, before and after they are cast to the table's type. Single
    /// precision is not (0.1 becomes 0.10000000149), nor an enumeration.</summary>
    private bool IsOrderedAs(string key, StructType schema)
    {
        if (schema.Find(key) is not { } field || Columns.FirstOrDefault(column => column.Name.Equals(key, StringComparison.OrdinalIgnoreCase)) is not { } given) return false;
        if (field.Type == PrimitiveType.Float) return false;
        return given.Type.Equals(DeltaTypes.ToDuckDb(field.Type)) || given.Type.Id == DuckDbTypeId.Uuid
            || (given.Type.Id is not (DuckDbTypeId.Float or DuckDbTypeId.Enum or DuckDbTypeId.Varchar) && (field.Type is DecimalType || SqlConstant.IsInteger(field.Type)));
    }

    /// <summary>Joins target <c>t</c> and source <c>s</c>. Null equals null, so that merging the same rows again changes nothing; where the
    /// source has no null the plain comparison lets DuckDB filter the scan by the keys.</summary>
    public string JoinCondition(IReadOnlyList<StructField> keys) => string.Join(" AND ", keys.Select((key, i) =>
    {
        var name = SqlText.Name(key.Name);
        var operation = _bounds[i].HasNulls ? "IS NOT DISTINCT FROM" : "=";
        return $"t.{name} {operation} CAST(s.{name} AS {DeltaTypes.ToDuckDb(key.Type)})";
    }));

    public async ValueTask DisposeAsync()
    {
        if (!_options.SourceIsStable) await _connection.ExecuteAsync($"DROP TABLE IF EXISTS {Name}", CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task<DuplicateKeyException> RepeatedKeyAsync(LakeTable table, DuckDbConnection connection, string name, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var list = string.Join(", ", keys.Select(SqlText.Name));
        var text = string.Join(" || ', ' || ", keys.Select(key => $"{SqlText.Literal(key + "=")} || coalesce({SqlText.Name(key)}::VARCHAR, 'NULL')"));
        using var result = await connection.QueryAllAsync($"SELECT {text}, count(*) FROM {name} GROUP BY {list} HAVING count(*) > 1 LIMIT 1", cancellationToken).ConfigureAwait(false);
        result.NextChunk(cancellationToken);
        return new DuplicateKeyException(table.ToString(), result.Column(0).GetString(0)!, result.Column(1).Values<long>()[0]);
    }

    private static async Task<(long Rows, long Upserts, long Distinct, List<KeyBounds> Bounds)> MeasureAsync(DuckDbConnection connection, string name, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var bounds = string.Concat(keys.Select(SqlText.Name).Select(key => $", min({key})::VARCHAR, max({key})::VARCHAR, count(*) - count({key})"));
        // Null counts as one key more; a row of several columns is never null itself.
        var list = string.Join(", ", keys.Select(SqlText.Name));
        var distinct = keys.Count == 1 ? $"count(DISTINCT {list}) + least(count(*) - count({list}), 1)" : $"count(DISTINCT ({list}))";
        using var result = await connection.QueryAllAsync($"SELECT count(*), count(*) FILTER (NOT lake_delete), {distinct}{bounds} FROM {name}", cancellationToken).ConfigureAwait(false);
        result.NextChunk(cancellationToken);
        var found = new List<KeyBounds>();
        for (var i = 0; i < keys.Count; i++)
            found.Add(new KeyBounds(keys[i], result.Column(3 + 3 * i).GetString(0), result.Column(4 + 3 * i).GetString(0), result.Column(5 + 3 * i).Values<long>()[0] > 0));
        return (result.Column(0).Values<long>()[0], result.Column(1).Values<long>()[0], result.Column(2).Values<long>()[0], found);
    }
}
