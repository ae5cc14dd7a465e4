using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Lakehouse.Testing;
using Lakehouse.Testing.S3;

namespace Lakehouse.S3.Tests;

/// <summary>Every statement and every upkeep of a table in a bucket gives what it gives in a folder; clones name files of other buckets.</summary>
public sealed class S3StatementTests(RadosGateway gateway) : IDisposable
{
    private static readonly HttpFault[] Quick = [HttpFault.SlowDown, HttpFault.LostAnswer, HttpFault.ResetBefore, HttpFault.FalseFailure];
    private static readonly LakeOptions Small = new() { Threads = 2, MemoryLimit = "500MB" };

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("true", 0)]
    [InlineData("false", 0)]
    [InlineData("true", 7)]
    public async Task Every_statement_gives_what_it_gives_in_a_folder(string deletionVectors, int faults)
    {
        List<string> expected, actual;
        await using (Lake disk = Lake.Open(_folder.File("disk"), Small)) expected = await ChangeAsync(disk, deletionVectors);
        S3Options bucket = await gateway.CreateBucketAsync();
        // Every so many requests one fails at once; bodies that stand still have tests of their own, which need not wait a whole timeout.
        FaultProxy? proxy = faults == 0 ? null : new FaultProxy(bucket.Endpoint!, request => request.Number % faults == 0 ? Quick[request.Number / faults % Quick.Length] : HttpFault.None);
        try
        {
            S3Options way = proxy is null ? bucket : bucket with { Endpoint = proxy.Endpoint };
            await using Lake remote = Lake.Open(RadosGateway.AddressOf(way, _folder.File("cache")), Small);
            actual = await ChangeAsync(remote, deletionVectors);
        }
        finally
        {
            if (proxy is not null) await proxy.DisposeAsync();
        }

        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task A_shallow_clone_reads_and_changes_files_of_another_bucket()
    {
        S3Options sources = (await gateway.CreateBucketAsync()) with { Prefix = "team a" }, clones = await gateway.CreateBucketAsync();
        await using Lake lake = Lake.Open(RadosGateway.AddressOf(sources, _folder.File("cache")), Small);
        await using LakeSession session = lake.OpenSession();
        LakeTable source = lake.Table(TableName.Parse("silver.orders"));
        await source.AppendAsync(session.Connection, "SELECT i AS id, 'day ' || i % 2 AS day FROM range(100) r(i)", new WriteOptions { PartitionBy = ["day"] }, Token);
        await source.DeleteAsync(session.Connection, "id < 10", cancellationToken: Token);
        string place = RadosGateway.AddressOf(clones with { Prefix = "copy" }, _folder.File("cache"));
        LakeTable clone = lake.TableAt(place);
        LakeTable neighbour = lake.Table(TableName.Parse("silver.beside"));

        await clone.CloneAsync(source, cancellationToken: Token);
        await clone.DeleteAsync(session.Connection, "id > 89", cancellationToken: Token);
        await neighbour.CloneAsync(clone, cancellationToken: Token);
        await source.DeleteAsync(session.Connection, "id = 50", cancellationToken: Token);

        // Another machine: nothing is in its cache.
        await using Lake other = Lake.Open(RadosGateway.AddressOf(sources, _folder.File("other")), Small);
        await using LakeSession reader = other.OpenSession();
        string elsewhere = RadosGateway.AddressOf(clones with { Prefix = "copy" }, _folder.File("other"));
        Assert.Equal(["80|3960"], await RowsAsync(reader, $"SELECT count(*) || '|' || sum(id) FROM delta_scan('{elsewhere}')"));
        Assert.Equal(["80|3960"], await RowsAsync(reader, "SELECT count(*) || '|' || sum(id) FROM silver.beside"));
        Assert.Equal(["89"], await RowsAsync(reader, "SELECT count(*)::VARCHAR FROM silver.orders"));
        string deep = _folder.File("deep");
        await other.TableAt(deep).CloneAsync(other.TableAt(elsewhere), deep: true, cancellationToken: Token);
        Assert.Equal(["80|3960"], await RowsAsync(reader, $"SELECT count(*) || '|' || sum(id) FROM delta_scan('{deep}')"));
    }

    [Fact]
    public async Task A_clone_that_could_not_find_its_files_is_refused()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        await using Lake lake = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("cache")), Small);
        await using LakeSession session = lake.OpenSession();
        LakeTable source = lake.Table(TableName.Parse("silver.orders"));
        await source.AppendAsync(session.Connection, "SELECT 1 AS id", cancellationToken: Token);

        TableNotUsableException refusal = await Assert.ThrowsAsync<TableNotUsableException>(() => lake.TableAt(_folder.File("clone")).CloneAsync(source, cancellationToken: Token));

        Assert.Contains("deep clone", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The rows after each step.</summary>
    private static async Task<List<string>> ChangeAsync(Lake lake, string deletionVectors)
    {
        await using LakeSession session = lake.OpenSession();
        DuckDbConnection connection = session.Connection;
        LakeTable table = lake.Table(TableName.Parse("silver.people"));
        List<string> rows = [];
        Dictionary<string, string> properties = new() { [TableProperties.EnableDeletionVectors] = deletionVectors, [TableProperties.EnableChangeDataFeed] = "true", [TableProperties.CheckpointInterval] = "3" };
        await StepAsync(table.AppendAsync(connection, "SELECT i AS id, 'name ' || i AS name, (i % 3)::INTEGER AS team FROM range(60) t(i)", new WriteOptions { PartitionBy = ["team"], Properties = properties }, Token));
        await StepAsync(table.DeleteAsync(connection, "id < 10", cancellationToken: Token));
        await StepAsync(table.UpdateAsync(connection, new Dictionary<string, string> { ["name"] = "upper(name)" }, "id < 20", cancellationToken: Token));
        await StepAsync(table.MergeAsync(
            connection,
            new MergeStatement
            {
                Source = "SELECT i AS id, 'merged' AS name FROM range(50, 70) t(i)",
                On = "target.id = source.id",
                Clauses =
                [
                    new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Delete, Condition = "source.id < 55" },
                    new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update, Set = new Dictionary<string, string> { ["name"] = "source.name" } },
                    new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert, Set = new Dictionary<string, string> { ["id"] = "source.id", ["name"] = "source.name", ["team"] = "1" } },
                ],
            },
            Token));
        await StepAsync(table.OverwriteAsync(connection, "SELECT 40 AS id, 'x' AS name, 1 AS team", new WriteOptions { ReplaceWhere = "team = 1 AND id < 50" }, Token));
        await StepAsync(table.OverwriteAsync(connection, "SELECT 2000 AS id, 'y' AS name, 2 AS team", new WriteOptions { OverwritePartitions = true }, Token));
        await StepAsync(table.OptimizeAsync(connection, new OptimizeOptions { PurgeFrom = 0.01 }, Token));
        await StepAsync(table.RestoreAsync(2, Token));
        await StepAsync(table.VacuumAsync(new VacuumOptions { Retention = TimeSpan.Zero, AllowShortRetention = true }, Token));
        LakeTable deep = lake.Table(TableName.Parse("silver.deep")), shallow = lake.Table(TableName.Parse("silver.shallow"));
        await deep.CloneAsync(table, deep: true, cancellationToken: Token);
        await shallow.CloneAsync(table, cancellationToken: Token);
        await shallow.DeleteAsync(connection, "id < 15", cancellationToken: Token);
        rows.AddRange(await RowsAsync(session, "SELECT 'deep ' || count(*) FROM silver.deep UNION ALL SELECT 'shallow ' || count(*) FROM silver.shallow"));
        await StepAsync(table.TruncateAsync(cancellationToken: Token));
        rows.AddRange(await RowsAsync(session, "SELECT _commit_version || _change_type || count(*) FROM table_changes('silver.people', 8, 8) GROUP BY _commit_version, _change_type ORDER BY ALL"));
        return rows;

        async Task StepAsync(Task step)
        {
            await step;
            rows.AddRange(await RowsAsync(session, "SELECT 'rows ' || count(*) || ' ' || coalesce(sum(hash(id, name, team) % 1000), 0) FROM silver.people"));
        }
    }

    private static async Task<List<string>> RowsAsync(LakeSession session, string sql)
    {
        using DuckDbResult result = await session.QueryAsync(sql, Token);
        List<string> rows = [];
        while (result.NextChunk(Token))
            for (int row = 0; row < result.RowCount; row++) rows.Add((string)result.Column(0).GetValue(row)!);
        return rows;
    }
}
