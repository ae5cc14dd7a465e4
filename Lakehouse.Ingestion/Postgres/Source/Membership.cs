using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Postgres.Source;

/// <summary>
/// How a publication has a table, by marks that do not come back once they are gone: where two memberships agree, the table
/// was sent all the time between them.
/// </summary>
/// <param name="Relation">The table's <c>pg_class.oid</c>: another after it was dropped and made anew, the same after a rename.</param>
/// <param name="Publication">The publication's <c>pg_publication.oid</c>.</param>
/// <param name="Altered">The transaction that last changed the publication's own row: its operations, its options, its owner.</param>
/// <param name="Owner">The publication's owner.</param>
/// <param name="Operations">What it publishes: <c>insert</c>, <c>update</c>, <c>delete</c>, <c>truncate</c>.</param>
/// <param name="Grants">
/// The entries by which it has the table, any of which is enough: the table's own (<c>pg_publication_rel.oid</c>), its schema's
/// (<c>pg_publication_namespace.oid</c>, with the transaction that last moved the table), or all tables, which nothing can be
/// taken out of.
/// </param>
/// <param name="RowFilter">The rows that the table's own entry is limited to, as SQL; null = all.</param>
/// <param name="Columns">The columns that the table's own entry is limited to; null = all.</param>
internal sealed record Membership(
    uint Relation, uint Publication, long Altered, uint Owner, IReadOnlyList<string> Operations,
    IReadOnlyList<string> Grants, string? RowFilter, IReadOnlyList<string>? Columns)
{
    /// <summary>The membership as <see cref="ToString"/> wrote it; null when it is of a kind that is not known.</summary>
    public static Membership? TryParse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Membership>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The memberships of tables, by <c>pg_class.oid</c>; tables that the publication does not have are not among them.</summary>
    public static async Task<IReadOnlyDictionary<uint, Membership>> ReadAsync(
        NpgsqlConnection connection, PostgresSourceOptions options, IEnumerable<uint> relations, CancellationToken ct)
    {
        // The row type's row changes when its table is moved to another schema, renamed or given to another owner, and with
        // nothing else that is done to the table.
        await using var command = new NpgsqlCommand("""
            SELECT c.oid, p.oid, p.xmin::text::bigint, p.pubowner,
                   array_remove(ARRAY[CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
                                      CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END], NULL),
                   array_remove(ARRAY['table ' || r.oid, 'schema ' || s.oid || ' since ' || t.xmin::text, CASE WHEN p.puballtables THEN 'all tables' END], NULL),
                   CASE WHEN s.oid IS NULL AND NOT p.puballtables THEN pg_get_expr(r.prqual, r.prrelid) END,
                   CASE WHEN s.oid IS NULL AND NOT p.puballtables AND r.prattrs IS NOT NULL THEN
                       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs::int2[]) ORDER BY a.attnum) END
            FROM pg_publication p
            CROSS JOIN pg_class c
            LEFT JOIN pg_type t ON t.oid = c.reltype
            LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
            LEFT JOIN pg_publication_namespace s ON s.pnpubid = p.oid AND s.pnnspid = c.relnamespace
            WHERE p.pubname = $1 AND c.oid = ANY ($2) AND (p.puballtables OR r.oid IS NOT NULL OR s.oid IS NOT NULL)
            """, connection);
        command.Parameters.AddWithValue(options.PublicationName);
        command.Parameters.Add(new NpgsqlParameter { Value = relations.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid });
        var memberships = new Dictionary<uint, Membership>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var relation = reader.GetFieldValue<uint>(0);
            memberships[relation] = new Membership(
                relation, reader.GetFieldValue<uint>(1), reader.GetInt64(2), reader.GetFieldValue<uint>(3),
                reader.GetFieldValue<string[]>(4), reader.GetFieldValue<string[]>(5),
                reader.IsDBNull(6) ? null : reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetFieldValue<string[]>(7));
        }
        return memberships;
    }

    /// <summary>Why changes of the table may not have been sent between an earlier membership and this one; null when all were.</summary>
    /// <param name="before">The earlier one.</param>
    /// <param name="publication">The publication's name, for the message.</param>
    public string? FindGapSince(Membership before, string publication)
    {
        if (Relation != before.Relation)
            return "the source's table is not the one that bronze began with (it was dropped and made anew, or another table took its name)";
        if (Publication != before.Publication)
            return $"the publication '{publication}' was dropped and made anew";
        if (before.Operations.Except(Operations).ToList() is { Count: > 0 } lost)
            return $"the publication '{publication}' no longer sends every {string.Join(" and ", lost)} (run ALTER PUBLICATION {Sql.Identifier(publication)} SET (publish = 'insert, update, delete, truncate'))";
        if (RowFilter != before.RowFilter)
            return $"the publication '{publication}' sends {(RowFilter is null ? "all rows" : $"only rows with {RowFilter}")} of this table, where it sent {(before.RowFilter is null ? "all" : $"only those with {before.RowFilter}")} before";
        if (Columns is not null && (before.Columns is null || before.Columns.Except(Columns).Any()))
            return $"the publication '{publication}' sends only the columns {string.Join(", ", Columns)} of this table, where it sent {(before.Columns is null ? "all" : string.Join(", ", before.Columns))} before";
        if (!before.Grants.Intersect(Grants).Any())
            return $"this table was taken out of the publication '{publication}' and put back";
        // A new owner changes the row too, and nothing that is sent.
        return Altered != before.Altered && Owner == before.Owner
            ? $"the publication '{publication}' was altered (ALTER PUBLICATION … SET), so that it may have left changes out for a while"
            : null;
    }

    /// <summary>As a table property keeps it.</summary>
    public override string ToString() => JsonSerializer.Serialize(this);
}
