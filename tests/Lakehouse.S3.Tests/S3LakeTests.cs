using System.Diagnostics;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Lakehouse.Testing;
using Lakehouse.Testing.S3;

namespace Lakehouse.S3.Tests;

/// <summary>A lake in a bucket is a lake like any other: what is written, merged, compacted and read there is what a folder gives.</summary>
public sealed class S3LakeTests(RadosGateway gateway) : IDisposable
{
    private static readonly LakeOptions Small = new() { Threads = 2, MemoryLimit = "500MB" };

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_kind_of_write_gives_what_a_folder_gives()
    {
        S3Options bucket = (await gateway.CreateBucketAsync()) with { Prefix = "team/lake" };
        List<string> expected, actual;
        await using (Lake disk = Lake.Open(_folder.File("disk"), Small)) expected = await WriteAsync(disk);
        await using (Lake remote = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("cache")), Small)) actual = await WriteAsync(remote);

        Assert.Equal(expected, actual);

        // Another machine, that is: another process's view and an empty cache.
        await using Lake other = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("other-cache")), Small);
        Assert.Equal(expected[^1], (await ReadAsync(other))[^1]);
        Assert.Equal(["silver.orders"], (await other.ListTablesAsync(Token)).Select(name => name.ToString()));
    }

    [Fact]
    public async Task A_query_reads_copies_and_fetches_nothing_twice()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        string address = RadosGateway.AddressOf(bucket, _folder.File("cache"));
        await using (Lake writer = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("writers-cache")), Small)) await WriteAsync(writer);
        List<string> expected;
        await using (Lake first = Lake.Open(address, Small)) expected = await ReadAsync(first);
        await using (S3ObjectStore store = new(bucket))
        {
            // What was fetched is here: the objects themselves are not asked for any more.
            List<string> data = await store.ListAsync("silver/orders/", null, Token).Select(info => info.Key).Where(key => !key.Contains("_delta_log", StringComparison.Ordinal)).ToListAsync(Token);
            Assert.NotEmpty(data);
            await store.DeleteAsync(data, Token);
        }

        await using Lake second = Lake.Open(address, Small);
        Assert.Equal(expected, await ReadAsync(second));
        await using Lake third = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("empty-cache")), Small);
        await Assert.ThrowsAnyAsync<EngineException>(() => ReadAsync(third));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_no_object_behind()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        await using Lake lake = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("cache")), Small);
        await using LakeSession session = lake.OpenSession();
        LakeTable table = lake.Table(TableName.Parse("silver.strict"));
        await table.AppendAsync(session.Connection, "SELECT 1 AS id", cancellationToken: Token);
        StagedFiles staged = await table.StageAsync(session.Connection, "SELECT 2 AS id", cancellationToken: Token);

        table.Discard(staged);

        await using S3ObjectStore store = new(bucket);
        Assert.Equal(1, await store.ListAsync("silver/strict/part-", null, Token).CountAsync(Token));
        Assert.Empty(Directory.GetDirectories(_folder.File("cache"), "stage-*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Two_processes_append_to_one_table_without_gap_or_loss()
    {
        const int Commits = 12;
        S3Options bucket = await gateway.CreateBucketAsync();
        string address = RadosGateway.AddressOf(bucket, _folder.File("cache"));
        Process[] writers = [Appender.Start(address, 0, Commits), Appender.Start(address, 1, Commits)];
        foreach (Process writer in writers)
        {
            string errors = await writer.StandardError.ReadToEndAsync(Token);
            await writer.WaitForExitAsync(Token);
            Assert.True(writer.ExitCode == 0, errors);
            writer.Dispose();
        }

        await using Lake lake = Lake.Open(address, Small);
        await using LakeSession session = lake.OpenSession();
        Assert.Equal(["0|12|66", "1|12|66"], await RowsAsync(session, "SELECT writer || '|' || count(*) || '|' || sum(number) FROM race.rows GROUP BY writer ORDER BY writer"));
        List<long> versions = await lake.Table(TableName.Parse("race.rows")).HistoryAsync(cancellationToken: Token).Select(commit => commit.Version).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(0, 2 * Commits).Select(version => (long)version).Reverse(), versions);
    }

    [Fact]
    public async Task A_table_is_scanned_by_its_address()
    {
        S3Options bucket = await gateway.CreateBucketAsync();
        await using (Lake lake = Lake.Open(RadosGateway.AddressOf(bucket, _folder.File("cache")), Small)) await WriteAsync(lake);

        await using Lake here = Lake.Open(_folder.File("here"), Small);
        await using LakeSession session = here.OpenSession();
        string table = RadosGateway.AddressOf(bucket with { Prefix = "silver/orders" }, _folder.File("cache"));
        Assert.Equal(["1500"], await RowsAsync(session, $"SELECT count(*)::VARCHAR FROM delta_scan('{table}', version => 0)"));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Appends with partitions, merges with deletes, a change of schema, compaction, an overwrite and enough commits for a checkpoint.</summary>
    private static async Task<List<string>> WriteAsync(Lake lake)
    {
        await using LakeSession session = lake.OpenSession();
        DuckDbConnection connection = session.Connection;
        LakeTable table = lake.Table(TableName.Parse("silver.orders"));
        await table.AppendAsync(connection, "SELECT i AS id, 'day ' || i % 3 AS day, i * 1.5 AS amount FROM range(1500) r(i)", new WriteOptions { PartitionBy = ["day"] }, Token);
        for (int round = 0; round < 4; round++)
        {
            await table.AppendAsync(connection, $"SELECT 2000 + {round} * 10 + i AS id, 'day 1' AS day, 1.0 AS amount FROM range(10) r(i)", cancellationToken: Token);
            await table.MergeAsync(
                connection,
                $"SELECT i * 7 AS id, 'day ' || (i * 7) % 3 AS day, -{round}.0 AS amount, i % 5 = 0 AS gone FROM range(20) r(i)",
                new MergeOptions { Keys = ["id"], DeleteWhen = "gone", ExceptColumns = ["gone"] },
                Token);
        }

        await table.AppendAsync(connection, "SELECT 5000 AS id, 'day 9' AS day, 1.0 AS amount, 'new' AS note", new WriteOptions { MergeSchema = true }, Token);
        List<string> before = await RowsAsync(session, Answer);
        OptimizeResult optimized = await table.OptimizeAsync(connection, cancellationToken: Token);
        Assert.True(optimized.FilesRemoved > optimized.FilesAdded);
        await session.DefineChangesAsync(TableName.Parse("silver.changes"), await table.SnapshotAsync(cancellationToken: Token), 2, Token);
        List<string> changes = await RowsAsync(session, "SELECT _change_type || '|' || count(*) || '|' || sum(id) FROM silver.changes GROUP BY _change_type ORDER BY 1");
        await session.BindAsync(Answer, cancellationToken: Token);
        await connection.ExecuteAsync("CREATE TEMP TABLE kept AS SELECT * FROM silver.orders WHERE id % 2 = 0", Token);
        await table.OverwriteAsync(connection, "SELECT * FROM kept", cancellationToken: Token);
        return [.. before, .. changes, .. await ReadAsync(lake)];
    }

    private const string Answer = "SELECT count(*) || '|' || sum(id) || '|' || sum(amount)::DECIMAL(18, 1) || '|' || count(note) || '|' || count(DISTINCT day) FROM silver.orders";

    private static async Task<List<string>> ReadAsync(Lake lake)
    {
        await using LakeSession session = lake.OpenSession();
        return await RowsAsync(session, Answer);
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
