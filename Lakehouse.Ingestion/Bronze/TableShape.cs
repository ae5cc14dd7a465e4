using System.Text;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Ingestion.Postgres.Types;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>A column of the rows that come, and the bronze column it goes to.</summary>
/// <param name="SourceName">Its name at the source.</param>
/// <param name="Name">Its name in bronze.</param>
/// <param name="Type">The bronze column's type, which holds every value of the source's.</param>
/// <param name="Source">How the source's text is read.</param>
internal sealed record ShapeColumn(string SourceName, string Name, BronzeType Type, ColumnMapping Source)
{
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);
}

/// <summary>How rows of one shape of a source table land in its bronze table. Every row of the shape fits the table as it will be committed.</summary>
internal sealed class TableShape
{
    private TableShape(IReadOnlyList<ShapeColumn> columns, IReadOnlyList<BronzeColumn> bronze, IReadOnlyList<int> keys)
    {
        Columns = columns;
        Bronze = bronze;
        Keys = keys;
    }

    /// <summary>The columns of rows as they come.</summary>
    public IReadOnlyList<ShapeColumn> Columns { get; }

    /// <summary>The source's columns of the bronze table with this shape merged in: those that the source dropped stay.</summary>
    public IReadOnlyList<BronzeColumn> Bronze { get; }

    /// <summary>Places in <see cref="Columns"/> of the key's columns; empty when rows have no key.</summary>
    public IReadOnlyList<int> Keys { get; }

    /// <summary>Fits the source's columns into a bronze table, adding and widening columns where need be.</summary>
    /// <param name="source">The source's columns: name, type, modifier.</param>
    /// <param name="types">The source's types.</param>
    /// <param name="bronze">The bronze table's columns now; empty for a new table.</param>
    /// <param name="key">The key columns' names.</param>
    /// <param name="misfit">Why the source's columns cannot go into the table; null when they do.</param>
    /// <returns>The shape; null when they do not fit.</returns>
    public static TableShape? TryFit(
        IReadOnlyList<(string Name, uint TypeId, int Modifier)> source, PostgresTypes types,
        IReadOnlyList<BronzeColumn> bronze, IReadOnlyList<string> key, out string? misfit)
    {
        var merged = bronze.ToList();
        var names = BronzeNames.Columns(source.Select(c => c.Name));
        var columns = new ShapeColumn[source.Count];
        misfit = null;
        for (var i = 0; i < columns.Length; i++)
        {
            var mapping = types.Map(source[i].TypeId, source[i].Modifier);
            var at = merged.FindIndex(c => string.Equals(c.Name, names[i], StringComparison.OrdinalIgnoreCase));
            if (at < 0)
            {
                merged.Add(new BronzeColumn(names[i], mapping.Type));
                at = merged.Count - 1;
            }
            else if (merged[at].Type.WidenFor(mapping.Type) is { } wide)
            {
                merged[at] = merged[at] with { Type = wide };
            }
            else
            {
                misfit = $"the column '{source[i].Name}' became {mapping.Type}, which does not fit bronze's {merged[at].Type}";
                return null;
            }
            columns[i] = new ShapeColumn(source[i].Name, merged[at].Name, merged[at].Type, mapping);
        }
        var places = key.Select(k => Array.FindIndex(columns, c => c.SourceName == k)).ToList();
        return new TableShape(columns, merged, places.Contains(-1) ? [] : places);
    }

    /// <summary>The rows of a buffer as the bronze table has them.</summary>
    public string Select(string buffer, string source, DateTimeOffset ingestedAt)
    {
        var sql = new StringBuilder("SELECT ");
        foreach (var column in Bronze)
        {
            var name = Sql.Identifier(column.Name);
            sql.Append(Columns.Any(c => c.Name == column.Name) ? name : $"CAST(NULL AS {column.Type.ToDuckDb()}) AS {name}").Append(", ");
        }
        return sql.Append("_op, _lsn, _seq, _txid, _committed_at, ")
            .Append(DuckDbLiterals.Timestamp(ingestedAt)).Append(" AS _ingested_at, ")
            .Append(Sql.Literal(source)).Append(" AS _source, _unchanged, _raw, ")
            .Append(DuckDbLiterals.Date(ingestedAt)).Append(" AS _date FROM ").Append(buffer).ToString();
    }
}
