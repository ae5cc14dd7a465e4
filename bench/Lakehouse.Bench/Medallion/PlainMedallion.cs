using Lakehouse.Bench.Tables;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Transform;

namespace Lakehouse.Bench.Medallion;

/// <summary>The yardstick of the models: their very SQL, compiled for a full run, in DuckDB alone. Bronze is read from its Parquet files,
/// and every model becomes one Parquet file, one model after the other with all threads. No log, no statistics, no rules, no sync.</summary>
internal sealed class PlainMedallion : IDisposable
{
    /// <summary>Where compiled SQL finds the changes of <c>schema.table</c>, as <c>schema__table</c>.</summary>
    private const string Changes = "lakehouse_changes";

    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _connection;
    private readonly string _folder;
    private readonly IReadOnlyList<(TableName Table, string Sql)> _models;

    /// <param name="folder">Where its files go.</param>
    /// <param name="fullRun">A full run of the models: it tells their SQL and an order in which they can run.</param>
    public PlainMedallion(string folder, RunResults fullRun)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _models = [.. fullRun.Results.Select(result => (((ModelNode)result.Node).Relation, result.CompiledSql!))];
        _connection = _database.Connect();
        _connection.Execute($"CREATE SCHEMA bronze; CREATE SCHEMA silver; CREATE SCHEMA gold; CREATE SCHEMA {Changes}");
    }

    /// <summary>The tables that it makes.</summary>
    public IEnumerable<TableName> Tables => _models.Select(model => model.Table);

    /// <summary>Reads bronze as it is now.</summary>
    public async Task ReadBronzeAsync(Lake lake, CancellationToken cancellationToken)
    {
        foreach (TableName table in await lake.ListTablesAsync(cancellationToken))
        {
            if (table.Schema != "bronze") continue;
            Snapshot snapshot = await lake.Table(table).SnapshotAsync(cancellationToken: cancellationToken);
            if (snapshot.Files.Count > 0) Show(table, DataFiles.Scan(lake, table, snapshot));
        }
    }

    /// <summary>Makes all tables anew.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="conditions">Conditions, by table, on the rows that later tables and questions see.</param>
    public async Task RunAsync(CancellationToken cancellationToken, IReadOnlyDictionary<TableName, string>? conditions = null)
    {
        foreach ((TableName table, string sql) in _models)
        {
            string file = Path.Combine(_folder, $"{table}.parquet");
            await _connection.ExecuteAsync($"COPY ({sql}) TO {DataFiles.Literal(file)} (FORMAT parquet, COMPRESSION snappy)", cancellationToken);
            Show(table, DataFiles.Scan([file]) + (conditions?.GetValueOrDefault(table) is { } condition ? $" WHERE {condition}" : ""));
        }
    }

    /// <summary>The answer to a query over what it made.</summary>
    public async Task<string> AskAsync(string sql, CancellationToken cancellationToken) => Answers.Read(await _connection.QueryAsync(sql, cancellationToken));

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    private void Show(TableName table, string scan) => _connection.Execute($"""
        CREATE OR REPLACE VIEW {table} AS SELECT * FROM {scan};
        CREATE OR REPLACE VIEW {Changes}.{table.Schema}__{table.Name} AS SELECT *, 'insert' AS _change_type, 0::BIGINT AS _commit_version FROM {scan}
        """);
}
