using Npgsql;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>What the publication sends of one table.</summary>
/// <param name="Columns">The published columns; generated ones only where the publication includes them.</param>
/// <param name="RowFilter">The rows it is limited to, as SQL; null = all.</param>
internal sealed record PublishedTable(IReadOnlyList<string> Columns, string? RowFilter);

/// <summary>The source's publication: which tables and operations the stream carries.</summary>
internal static class Publication
{
    /// <summary>Makes sure that the publication sends every change of every table: creates it, or adds tables.</summary>
    /// <param name="refuseGap">Called with the tables that it does not send so far, before anything is changed or advised; throws where one may not be added.</param>
    /// <exception cref="PublicationException">Something is missing that may not be changed from here; says the SQL to run.</exception>
    public static async Task EnsureAsync(
        NpgsqlConnection connection, PostgresSourceOptions options, IReadOnlyList<SourceTable> tables,
        Action<IReadOnlyList<SourceTable>> refuseGap, CancellationToken ct)
    {
        var name = options.PublicationName;
        var list = string.Join(", ", tables.Select(t => t.Quoted));
        var create = $"CREATE PUBLICATION {Sql.Identifier(name)} FOR TABLE {list} WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)";

        bool exists, all, operations;
        await using (var command = new NpgsqlCommand("SELECT puballtables, pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = $1", connection))
        {
            command.Parameters.AddWithValue(name);
            await using var reader = await command.ExecuteReaderAsync(ct);
            exists = await reader.ReadAsync(ct);
            all = exists && reader.GetBoolean(0);
            operations = exists && reader.GetBoolean(1);
        }
        if (!exists)
        {
            refuseGap(tables);
            if (!options.ManagePublication)
                throw new PublicationException($"the publication '{name}' is not there. Run: {create}; or allow manage_publication.", options.Name);
            await ExecuteAsync(connection, options, create, null, ct);
            return;
        }
        if (!operations)
            throw new PublicationException($"the publication '{name}' does not publish all of insert, update, delete and truncate, so that bronze would miss changes. Run: ALTER PUBLICATION {Sql.Identifier(name)} SET (publish = 'insert, update, delete, truncate').", options.Name);
        if (all) return;

        var published = await ReadAsync(connection, options, ct);
        var missing = tables.Where(t => !published.ContainsKey((t.Schema, t.Name))).ToList();
        if (missing.Count == 0) return;
        refuseGap(missing);
        var add = $"ALTER PUBLICATION {Sql.Identifier(name)} ADD TABLE {string.Join(", ", missing.Select(t => t.Quoted))}";
        if (!options.ManagePublication)
        {
            throw new PublicationException(
                $"the publication '{name}' lacks {string.Join(", ", missing.Select(t => t.FullName))}. Run: {add}; or allow manage_publication.", options.Name, missing[0].FullName);
        }
        await ExecuteAsync(connection, options, add, missing[0].FullName, ct);
    }

    /// <summary>What the publication sends, by schema and table.</summary>
    public static async Task<Dictionary<(string Schema, string Table), PublishedTable>> ReadAsync(
        NpgsqlConnection connection, PostgresSourceOptions options, CancellationToken ct)
    {
        var published = new Dictionary<(string, string), PublishedTable>();
        await using var command = new NpgsqlCommand("SELECT schemaname::text, tablename::text, attnames::text[], rowfilter FROM pg_publication_tables WHERE pubname = $1", connection);
        command.Parameters.AddWithValue(options.PublicationName);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            published[(reader.GetString(0), reader.GetString(1))] = new PublishedTable(
                reader.IsDBNull(2) ? [] : reader.GetFieldValue<string[]>(2), reader.IsDBNull(3) ? null : reader.GetString(3));
        }
        return published;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, PostgresSourceOptions options, string sql, string? table, CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new PublicationException($"the role may not change the publication ({e.MessageText}). Let the tables' owner run: {sql}", options.Name, table, e);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateObject)
        {
            // Someone was faster. What is published is read again after this.
        }
    }
}
