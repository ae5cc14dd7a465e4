using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Lakehouse.DuckDb;

/// <summary>A connection string: <c>Data Source</c>, and any setting of DuckDB by its name.</summary>
public sealed class DuckDbConnectionStringBuilder : DbConnectionStringBuilder
{
    private const string DataSourceKey = "Data Source";

    /// <summary>An empty connection string: a database in memory.</summary>
    public DuckDbConnectionStringBuilder()
    {
    }

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">It is not of the form <c>key=value;…</c>.</exception>
    public DuckDbConnectionStringBuilder(string? connectionString) => ConnectionString = connectionString;

    /// <summary>The database file; <c>:memory:</c> when absent.</summary>
    [AllowNull]
    public string DataSource
    {
        get => TryGetValue(DataSourceKey, out var value) || TryGetValue("DataSource", out value) ? (string)value : ":memory:";
        set => this[DataSourceKey] = value ?? ":memory:";
    }

    /// <summary>The settings: every key but the data source.</summary>
    public IReadOnlyDictionary<string, string> Settings
    {
        get
        {
            var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (string key in Keys!)
            {
                if (key.Replace(" ", "", StringComparison.Ordinal).Equals("datasource", StringComparison.OrdinalIgnoreCase)) continue;
                settings[key] = (string)this[key];
            }

            return settings;
        }
    }
}
