using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Lakehouse.Hosting;

/// <summary>Makes the lake's tables known to Trino's catalog <c>delta</c>, which finds none by itself.</summary>
internal static class TrinoTables
{
    /// <summary>Registers every Delta table two folders deep that is not registered. Which could not be is logged.</summary>
    /// <returns>How many are new.</returns>
    public static async Task<int> RegisterAsync(Uri server, string lake, ILogger logger, CancellationToken cancellationToken)
    {
        int registered = 0;
        foreach (string schemaFolder in Folders(lake))
        {
            string schema = Path.GetFileName(schemaFolder);
            string[] tables = [.. Folders(schemaFolder).Where(table => Directory.Exists(Path.Combine(table, "_delta_log"))).Select(table => Path.GetFileName(table))];
            if (tables.Length == 0) continue;
            await TrinoClient.QueryAsync(server, $"CREATE SCHEMA IF NOT EXISTS delta.{Name(schema)}", cancellationToken).ConfigureAwait(false);
            HashSet<string> known = [.. (await TrinoClient.QueryAsync(server, $"SHOW TABLES FROM delta.{Name(schema)}", cancellationToken).ConfigureAwait(false)).Select(row => row[0].GetString()!)];
            foreach (string table in tables.Where(table => !known.Contains(table.ToLowerInvariant())))
            {
                try
                {
                    string call = string.Create(CultureInfo.InvariantCulture, $"CALL delta.system.register_table(schema_name => {Text(schema)}, table_name => {Text(table)}, table_location => {Text($"local:///{schema}/{table}")})");
                    await TrinoClient.QueryAsync(server, call, cancellationToken).ConfigureAwait(false);
                    registered++;
                }
                catch (IOException e)
                {
                    logger.LogWarning("Table {Schema}.{Table} is not visible in Trino: {Reason}", schema, table, e.Message);
                }
            }
        }
        return registered;
    }

    private static IEnumerable<string> Folders(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal) : [];

    private static string Name(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
