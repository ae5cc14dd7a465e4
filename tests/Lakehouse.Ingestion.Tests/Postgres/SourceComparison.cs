namespace Lakehouse.Ingestion.Tests.Postgres;

/// <summary>
/// Compares a source table with the latest state that its bronze table tells: the newest change of each key, deletes left
/// out. Both sides are asked for one line of text a row, made by SQL that gives the same text in PostgreSQL and DuckDB.
/// </summary>
internal static class SourceComparison
{
    /// <summary>Fails, naming the first rows that differ, unless both hold the same rows.</summary>
    /// <param name="table">The source table, <c>schema.table</c>; neither truncated nor its keys changed in its history.</param>
    /// <param name="key">Its key column.</param>
    public static async Task AssertSameAsync(Ingestion ingestion, string table, string key)
    {
        var parts = table.Split('.');
        var columns = new List<(string Name, string Type)>();
        await using (var command = ingestion.Source.CreateCommand("SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position"))
        {
            command.Parameters.AddWithValue(parts[0]);
            command.Parameters.AddWithValue(parts[1]);
            await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            while (await reader.ReadAsync(TestContext.Current.CancellationToken)) columns.Add((reader.GetString(0), reader.GetString(1)));
        }
        var source = new List<string>();
        await using (var command = ingestion.Source.CreateCommand($"SELECT {Line(columns, postgres: true)} FROM {table} ORDER BY {key}"))
        await using (var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await reader.ReadAsync(TestContext.Current.CancellationToken)) source.Add(reader.GetString(0));
        }
        // A large value that a change left alone is that of the change before.
        var latest = string.Join(", ", columns.Where(c => c.Name != key).Select(c =>
            $"last({c.Name} ORDER BY _lsn, _seq) FILTER (NOT list_contains(coalesce(_unchanged, []), '{c.Name}')) AS {c.Name}"));
        var bronze = await ingestion.QueryAsync($"""
            SELECT {Line(columns, postgres: false)}
            FROM (SELECT {key}, {latest}, last(_op ORDER BY _lsn, _seq) AS _op FROM bronze.{parts[0]}_{parts[1]} GROUP BY {key})
            WHERE _op <> 'd' ORDER BY {key}
            """);
        var missing = source.Except(bronze).Take(3).ToList();
        var extra = bronze.Except(source).Take(3).ToList();
        Assert.True(
            missing.Count == 0 && extra.Count == 0 && source.Count == bronze.Count,
            $"{table}: {source.Count} rows at the source, {bronze.Count} in bronze; only at the source: {string.Join("  ", missing)}; only in bronze: {string.Join("  ", extra)}");
    }

    private static string Line(IEnumerable<(string Name, string Type)> columns, bool postgres) =>
        string.Join(" || '|' || ", columns.Select(column =>
        {
            var text = column.Type switch
            {
                "timestamp with time zone" => postgres ? $"(extract(epoch FROM {column.Name}) * 1000000)::bigint::text" : $"epoch_us({column.Name})::VARCHAR",
                "ARRAY" => $"array_to_string({column.Name}, ',')",
                _ => postgres ? $"{column.Name}::text" : $"{column.Name}::VARCHAR",
            };
            return $"coalesce({text}, '∅')";
        }));
}
