using Lakehouse.Ingestion.Postgres.Types;
using Lakehouse.Ingestion.Postgres.Wire;
using Npgsql;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>What the source's system catalogs say.</summary>
internal static class SourceCatalog
{
    /// <summary>Every permanent table outside the system schemas that the patterns choose, by name.</summary>
    /// <exception cref="SourceTableNotFoundException">A pattern chooses no table.</exception>
    /// <exception cref="SourceSetupException">A configured key names a column that is not there.</exception>
    public static async Task<IReadOnlyList<SourceTable>> ReadTablesAsync(NpgsqlConnection connection, PostgresSourceOptions options, CancellationToken ct)
    {
        var patterns = new TablePatterns(options.Tables, options.Exclude);
        var found = new List<SourceTable>();
        await using (var command = new NpgsqlCommand("""
            SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident, c.reltuples::float8,
                   CASE WHEN c.relkind = 'r' THEN coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint ELSE 0 END,
                   ARRAY(SELECT a.attname::text FROM pg_index i
                         CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, position)
                         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                         WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.position)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
              AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            ORDER BY n.nspname, c.relname
            """, connection))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var estimate = reader.GetDouble(5);
                var key = reader.GetFieldValue<string[]>(7);
                found.Add(new SourceTable
                {
                    Id = reader.GetFieldValue<uint>(0),
                    Schema = reader.GetString(1),
                    Name = reader.GetString(2),
                    IsPartitioned = reader.GetChar(3) == 'p',
                    Identity = (ReplicaIdentity)reader.GetChar(4),
                    EstimatedRows = estimate < 0 ? null : (long)estimate,
                    Blocks = reader.GetInt64(6),
                    Key = key,
                    HasPrimaryKey = key.Length > 0,
                    Columns = [],
                });
            }
        }
        var names = found.Select(t => (t.Schema, t.Name)).ToList();
        if (patterns.WithoutMatch(names).FirstOrDefault() is { } lonely)
            throw new SourceTableNotFoundException(NotFound(lonely, names), options.Name, lonely);

        var chosen = found.Where(t => patterns.Chooses(t.Schema, t.Name)).ToList();
        var columns = await ReadColumnsAsync(connection, [.. chosen.Select(t => t.Id)], ct);
        return [.. chosen.Select(t => WithKey(t with { Columns = columns.GetValueOrDefault(t.Id) ?? [] }, options))];
    }

    /// <summary>The types that bronze needs to know more of than their id: domains and arrays.</summary>
    public static async Task<IReadOnlyList<PostgresType>> ReadTypesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var types = new List<PostgresType>();
        await using var command = new NpgsqlCommand("""
            SELECT oid, typname, CASE WHEN typtype = 'd' THEN typbasetype ELSE 0 END, typtypmod,
                   CASE WHEN typtype <> 'd' AND typcategory = 'A' AND typlen = -1 THEN typelem ELSE 0 END, typdelim
            FROM pg_type WHERE typtype = 'd' OR (typcategory = 'A' AND typlen = -1 AND typelem <> 0)
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            types.Add(new PostgresType(
                reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetFieldValue<uint>(2), reader.GetInt32(3),
                reader.GetFieldValue<uint>(4), (byte)reader.GetChar(5)));
        }
        return types;
    }

    /// <summary>Checks what no retry would mend.</summary>
    /// <exception cref="SourceSetupException">The server is too old or does not write a logical log.</exception>
    public static async Task CheckServerAsync(NpgsqlConnection connection, PostgresSourceOptions options, CancellationToken ct)
    {
        if (connection.PostgreSqlVersion.Major < 15)
            throw new SourceSetupException($"PostgreSQL {connection.PostgreSqlVersion} is too old; 15 or newer is needed.", options.Name);
        await using var command = new NpgsqlCommand("SHOW wal_level", connection);
        if ((string?)await command.ExecuteScalarAsync(ct) is not "logical" and var level)
        {
            throw new SourceSetupException(
                $"the server's wal_level is '{level}', change data capture needs 'logical': run ALTER SYSTEM SET wal_level = logical and restart PostgreSQL.", options.Name);
        }
    }

    /// <summary>The columns of tables in table order, without dropped ones.</summary>
    public static async Task<Dictionary<uint, List<SourceColumn>>> ReadColumnsAsync(NpgsqlConnection connection, uint[] tables, CancellationToken ct)
    {
        var columns = new Dictionary<uint, List<SourceColumn>>();
        await using var command = new NpgsqlCommand("""
            SELECT attrelid, attname, atttypid, atttypmod, attgenerated <> ''
            FROM pg_attribute WHERE attrelid = ANY ($1) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
            """, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = tables, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var table = reader.GetFieldValue<uint>(0);
            if (!columns.TryGetValue(table, out var list)) columns.Add(table, list = []);
            list.Add(new SourceColumn(reader.GetString(1), reader.GetFieldValue<uint>(2), reader.GetInt32(3), reader.GetBoolean(4)));
        }
        return columns;
    }

    private static SourceTable WithKey(SourceTable table, PostgresSourceOptions options)
    {
        if (!options.Keys.TryGetValue(table.FullName, out var key)) return table;
        foreach (var column in key)
        {
            if (table.Columns.All(c => c.Name != column))
                throw new SourceSetupException($"the configured key column '{column}' is not in the table, which has {string.Join(", ", table.Columns.Select(c => c.Name))}.", options.Name, table.FullName);
        }
        return table with { Key = key };
    }

    private static string NotFound(string pattern, IReadOnlyList<(string Schema, string Table)> tables)
    {
        var schema = pattern[..pattern.IndexOf('.', StringComparison.Ordinal)];
        var near = tables.Where(t => t.Schema == schema).Select(t => $"{t.Schema}.{t.Table}").DefaultIfEmpty().Take(8).ToList();
        var hint = near[0] is null
            ? $"there is no table in schema '{schema}' that this role can see (schemas with tables: {string.Join(", ", tables.Select(t => t.Schema).Distinct())})"
            : $"schema '{schema}' has {string.Join(", ", near)}";
        return $"'tables' names {pattern}, which the source does not have; {hint}. Correct 'tables', or create the table.";
    }
}
