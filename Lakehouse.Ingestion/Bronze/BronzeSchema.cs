using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Ingestion.Postgres.Types;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>A source column as it stands in bronze.</summary>
internal sealed record BronzeColumn(string Name, BronzeType Type);

/// <summary>The columns that bronze adds to each change, and how they are kept in Delta and in DuckDB.</summary>
internal static class BronzeSchema
{
    /// <summary>Bronze is partitioned by the day of ingestion.</summary>
    public static readonly IReadOnlyList<string> PartitionBy = ["_date"];

    /// <summary>What is buffered with each change row, after the source's columns; the rest is the same for a whole batch.</summary>
    public static readonly IReadOnlyList<(string Name, DuckDbType Type)> BufferedColumns =
    [
        ("_op", DuckDbType.Varchar),
        ("_lsn", DuckDbType.BigInt),
        ("_seq", DuckDbType.BigInt),
        ("_txid", DuckDbType.BigInt),
        ("_committed_at", DuckDbType.TimestampTz),
        ("_unchanged", DuckDbType.List(DuckDbType.Varchar)),
        ("_raw", DuckDbType.Map(DuckDbType.Varchar, DuckDbType.Varchar)),
    ];

    /// <summary>The Delta schema of a bronze table.</summary>
    public static StructType Of(IEnumerable<BronzeColumn> columns) => new(
        [.. columns.Select(c => new StructField(c.Name, c.Type.ToDelta(), true)), .. SystemFields]);

    /// <summary>The source's columns of an existing bronze table.</summary>
    /// <exception cref="IngestionException">A column has a type that ingestion does not write.</exception>
    public static IReadOnlyList<BronzeColumn> ColumnsOf(StructType schema, string source, string table) =>
    [
        .. schema.Fields.Where(f => !BronzeNames.SystemColumns.Contains(f.Name, StringComparer.OrdinalIgnoreCase)).Select(f =>
            new BronzeColumn(f.Name, BronzeType.FromDelta(f.Type) ?? throw new IngestionException(
                $"the bronze column '{f.Name}' has the type {f.Type}, which ingestion does not write: the table was changed by another writer. Move it out of bronze for a new snapshot.", source, table))),
    ];

    private static readonly IReadOnlyList<StructField> SystemFields =
    [
        new("_op", PrimitiveType.String, true),
        new("_lsn", PrimitiveType.Long, true),
        new("_seq", PrimitiveType.Long, true),
        new("_txid", PrimitiveType.Long, true),
        new("_committed_at", PrimitiveType.Timestamp, true),
        new("_ingested_at", PrimitiveType.Timestamp, true),
        new("_source", PrimitiveType.String, true),
        new("_unchanged", new ArrayType(PrimitiveType.String, true), true),
        new("_raw", new MapType(PrimitiveType.String, PrimitiveType.String, true), true),
        new("_date", PrimitiveType.Date, true),
    ];
}
