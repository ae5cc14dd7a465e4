using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Upkeep;

/// <summary>The columns by which an optimize places rows: in the order of their z-order curve, or, of a single column, in its own.</summary>
internal sealed class OrderedColumns
{
    /// <summary>More give each column too few bits of the key to tell rows apart.</summary>
    private const int Most = 16;

    /// <summary>Values that the ranks are measured by: each of a thousand ranges is then off by a tenth of its rows at most, mostly.</summary>
    private const int SampledRows = 100_000;

    private readonly IReadOnlyList<Column> _columns;

    private OrderedColumns(IReadOnlyList<string> names, IReadOnlyList<Column> columns)
    {
        Names = names;
        _columns = columns;
        Fields = [.. columns.Select(column => column.Field).Distinct()];
    }

    /// <summary>The columns as they were named.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The table's columns that hold them.</summary>
    public IReadOnlyList<StructField> Fields { get; }

    /// <summary>The columns of that name.</summary>
    /// <exception cref="SchemaNotAcceptedException">There is no such column, it is a partition column, or its values have no order.</exception>
    public static OrderedColumns Named(LakeTable table, Snapshot snapshot, IReadOnlyList<string> names)
    {
        if (names.Count > Most) throw new SchemaNotAcceptedException($"Table {table}: rows are ordered by {Most} columns at most, not by {names.Count}. Name the few that conditions are about.", table.ToString());
        var columns = new List<Column>();
        foreach (var name in names) columns.Add(Resolve(table, snapshot, name, name.Split('.'), field => field.Name));
        var twice = columns.GroupBy(column => column.Sql, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null) throw new SchemaNotAcceptedException($"Table {table}: column {twice.Key} is named twice. Name it once.", table.ToString());
        return new OrderedColumns(names, columns);
    }

    /// <summary>The columns that the table is clustered by; null when it is not.</summary>
    public static OrderedColumns? OfClustering(LakeTable table, Snapshot snapshot)
    {
        var layout = new ColumnLayout(snapshot.Metadata);
        var paths = ClusteringColumns.Of(snapshot);
        return paths.Count == 0 ? null : new OrderedColumns([.. paths.Select(path => string.Join('.', path))], [.. paths.Select(path => Resolve(table, snapshot, string.Join('.', path), path, layout.PhysicalName))]);
    }

    /// <summary>The columns as files name them: a list of names for each.</summary>
    public IReadOnlyList<IReadOnlyList<string>> PhysicalPaths(Snapshot snapshot)
    {
        var layout = new ColumnLayout(snapshot.Metadata);
        return [.. Names.Select(IReadOnlyList<string> (name) =>
        {
            var names = new List<string>();
            StructType? at = snapshot.Schema;
            foreach (var part in name.Split('.'))
            {
                var field = at!.Find(part)!;
                names.Add(layout.PhysicalName(field));
                at = field.Type as StructType;
            }
            return names;
        })];
    }

    /// <summary>Finds out how the columns' values are spread over the rows, from a sample.</summary>
    /// <param name="table">The table.</param>
    /// <param name="connection">Where the work is done.</param>
    /// <param name="scan">A SELECT of <see cref="Fields"/> over all the rows.</param>
    /// <param name="slices">The rows' files.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<OrderKey> MeasureAsync(LakeTable table, DuckDbConnection connection, string scan, IReadOnlyList<FileSlice> slices, CancellationToken cancellationToken)
    {
        if (_columns.Count == 1) return new OrderKey(table.Lake.ColumnRanks, _columns[0].Sql, []);
        var rows = slices.Sum(slice => slice.RowsShown ?? SampledRows);
        var sample = rows <= SampledRows ? "" : string.Create(CultureInfo.InvariantCulture, $" USING SAMPLE {100.0 * SampledRows / rows:0.######} PERCENT (bernoulli, 1)");
        var name = table.Lake.NextName("lake_sample_");
        var ids = new List<long>();
        try
        {
            await connection.ExecuteAsync($"CREATE TEMP TABLE {name} AS SELECT {string.Join(", ", _columns.Select((column, i) => $"{column.SampleSql} AS c{i}"))} FROM ({scan}){sample}", cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < _columns.Count; i++)
            {
                using var values = await connection.QueryAllAsync($"SELECT c{i} FROM {name} WHERE c{i} IS NOT NULL ORDER BY c{i}", cancellationToken).ConfigureAwait(false);
                ids.Add(table.Lake.ColumnRanks.Add(Rank(_columns[i].Kind, values, i, _columns.Count, cancellationToken)));
            }
            var sql = string.Join(" | ", _columns.Select((column, i) => string.Create(CultureInfo.InvariantCulture, $"{ColumnRanks.FunctionName}({ids[i]}::BIGINT, {column.KeySql})")));
            return new OrderKey(table.Lake.ColumnRanks, $"({sql})", ids);
        }
        catch
        {
            foreach (var id in ids) table.Lake.ColumnRanks.Release(id);
            throw;
        }
        finally
        {
            await connection.ExecuteAsync($"DROP TABLE IF EXISTS {name}", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static Column Resolve(LakeTable table, Snapshot snapshot, string name, IReadOnlyList<string> path, Func<StructField, string> nameOf)
    {
        var fields = snapshot.Schema.Fields;
        StructField? top = null, field = null;
        var sql = "";
        foreach (var part in path)
        {
            field = fields.FirstOrDefault(candidate => nameOf(candidate).Equals(part, StringComparison.OrdinalIgnoreCase))
                ?? throw new SchemaNotAcceptedException($"Table {table} cannot be ordered by '{name}': it has no such column.", table.ToString());
            sql = top is null ? SqlText.Name(field.Name) : $"struct_extract({sql}, {SqlText.Literal(field.Name)})";
            top ??= field;
            fields = field.Type is StructType nested ? nested.Fields : [];
        }
        if (snapshot.PartitionColumns.Contains(top!.Name, StringComparer.OrdinalIgnoreCase))
            throw new SchemaNotAcceptedException($"Table {table} cannot be ordered by '{name}': it is a partition column, by which rows are apart already.", table.ToString());
        var kind = KindOf(field!.Type) ?? throw new SchemaNotAcceptedException($"Table {table} cannot be ordered by '{name}': values of type {field.Type} have no order that conditions use.", table.ToString());
        return new Column(top, sql, field.Type, kind);
    }

    private static Kind? KindOf(DeltaType type)
    {
        if (SqlConstant.IsInteger(type) || type == PrimitiveType.Boolean || type == PrimitiveType.Date || type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz) return Kind.Whole;
        if (type == PrimitiveType.Float || type == PrimitiveType.Double || type is DecimalType) return Kind.Number;
        return type == PrimitiveType.String ? Kind.Text : type == PrimitiveType.Binary ? Kind.Bytes : null;
    }

    private static ColumnRank Rank(Kind kind, DuckDbResult values, int place, int columns, CancellationToken cancellationToken) => kind switch
    {
        Kind.Whole => new WholeNumberRank([.. Bounds(Read(values, static (vector, row) => vector.Values<long>()[row], cancellationToken), columns)], place, columns),
        // NaN has a range of its own.
        Kind.Number => new NumberRank([.. Bounds([.. Read(values, static (vector, row) => vector.Values<double>()[row], cancellationToken).Where(value => !double.IsNaN(value))], columns)], place, columns),
        _ => new BytesRank([.. Bounds(Read(values, static (vector, row) => vector.Utf8(row).ToArray(), cancellationToken), columns, static (a, b) => a.AsSpan().SequenceEqual(b))], place, columns),
    };

    private static List<T> Read<T>(DuckDbResult result, ValueAt<T> value, CancellationToken cancellationToken)
    {
        var values = new List<T>();
        while (result.NextChunk(cancellationToken))
            for (var row = 0; row < result.RowCount; row++) values.Add(value(result.Column(0), row));
        return values;
    }

    /// <summary>Where to cut sorted values into ranges of as many values each. A value that fills several ranges cuts once, and the lowest
    /// value never: nothing is below it.</summary>
    private static IEnumerable<T> Bounds<T>(List<T> sorted, int columns, Func<T, T, bool>? same = null)
    {
        same ??= EqualityComparer<T>.Default.Equals;
        long ranges = ColumnRank.MostRanges(columns);
        for (long cut = 1; cut < ranges && sorted.Count > 0; cut++)
        {
            var at = (int)(cut * sorted.Count / ranges);
            var before = (int)((cut - 1) * sorted.Count / ranges);
            if (!same(sorted[at], sorted[before])) yield return sorted[at];
        }
    }

    private delegate T ValueAt<out T>(DuckDbVector vector, int row);

    private enum Kind { Whole, Number, Text, Bytes }

    private sealed record Column(StructField Field, string Sql, DeltaType Type, Kind Kind)
    {
        /// <summary>The value in a form that has a rank.</summary>
        public string KeySql => Kind switch
        {
            Kind.Number => $"CAST({Sql} AS DOUBLE)",
            // Infinities have no place in a Delta table, but in files of any origin.
            Kind.Whole when Type == PrimitiveType.Date => $"CASE WHEN isfinite({Sql}) THEN epoch_us(CAST({Sql} AS TIMESTAMP)) END",
            Kind.Whole when Type == PrimitiveType.Timestamp || Type == PrimitiveType.TimestampNtz => $"CASE WHEN isfinite({Sql}) THEN epoch_us({Sql}) END",
            Kind.Whole => $"CAST({Sql} AS BIGINT)",
            _ => Sql,
        };

        /// <summary>The value as a sample needs it: of long texts the beginning.</summary>
        public string SampleSql => Kind == Kind.Text ? $"left({Sql}, 256)" : KeySql;
    }
}

/// <summary>An SQL expression over a table's columns by which rows are sorted; valid until it is disposed of.</summary>
internal sealed class OrderKey(ColumnRanks ranks, string sql, IReadOnlyList<long> ids) : IDisposable
{
    public string Sql => sql;

    public void Dispose()
    {
        foreach (var id in ids) ranks.Release(id);
    }
}
