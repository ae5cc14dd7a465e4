using Lakehouse.Ingestion.Postgres.Wire;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>A table of the source as its catalog has it now.</summary>
internal sealed record SourceTable
{
    public required uint Id { get; init; }

    public required string Schema { get; init; }

    public required string Name { get; init; }

    public required ReplicaIdentity Identity { get; init; }

    /// <summary>A partitioned table's rows lie in its partitions, so that it cannot be split by block.</summary>
    public required bool IsPartitioned { get; init; }

    /// <summary>PostgreSQL's estimate; null when it was never analyzed.</summary>
    public required long? EstimatedRows { get; init; }

    /// <summary>8 KB blocks of the table itself.</summary>
    public required long Blocks { get; init; }

    /// <summary>The primary key's columns in key order, or the configured key; empty when there is none.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    public required bool HasPrimaryKey { get; init; }

    /// <summary>The columns in table order, without dropped ones.</summary>
    public required IReadOnlyList<SourceColumn> Columns { get; init; }

    /// <summary>As a person writes it.</summary>
    public string FullName => $"{Schema}.{Name}";

    /// <summary>As SQL needs it.</summary>
    public string Quoted => $"{Sql.Identifier(Schema)}.{Sql.Identifier(Name)}";
}

/// <param name="IsGenerated">Computed by the server; published only where the publication says so.</param>
internal sealed record SourceColumn(string Name, uint TypeId, int TypeModifier, bool IsGenerated);

/// <summary>SQL text for PostgreSQL and DuckDB, which quote alike.</summary>
internal static class Sql
{
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
