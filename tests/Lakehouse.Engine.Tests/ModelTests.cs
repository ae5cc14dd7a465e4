using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests;

/// <summary>Random histories of one table against a plain dictionary of rows: every version, its changes, and a fresh reader agree.</summary>
public sealed class ModelTests
{
    private const int Sequences = 25;

    [Fact]
    public async Task Random_histories_agree_with_a_simple_model()
    {
        await using var lake = new TestLake();
        for (var seed = 0; seed < Sequences; seed++)
        {
            try
            {
                await RunAsync(lake, seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }
        }
    }

    private static async Task RunAsync(TestLake lake, int seed)
    {
        var random = new Random(seed);
        var table = lake.Table($"model.t{seed}");
        var partitioned = random.Next(3) == 0;
        var rows = new List<Row>();
        var versions = new List<List<Row>>();
        var next = 0;
        var steps = random.Next(3, 9);
        for (var step = 0; step < steps; step++)
        {
            var kind = step == 0 ? 0 : random.Next(6);
            if (kind is 0 or 1)
            {
                var added = Enumerable.Range(0, random.Next(1, 30)).Select(_ => new Row(next++, random.Next(100), random.Next(3))).ToList();
                await table.AppendAsync(lake.Connection, Values(added), new WriteOptions { PartitionBy = partitioned ? ["p"] : [] });
                rows = [.. rows, .. added];
            }
            else if (kind == 2 && random.Next(3) == 0)
            {
                var all = Enumerable.Range(0, random.Next(1, 10)).Select(_ => new Row(next++, random.Next(100), random.Next(3))).ToList();
                await table.OverwriteAsync(lake.Connection, Values(all));
                rows = all;
            }
            else
            {
                var keys = rows.Select(row => row.Id).Concat([next++, next++]).Distinct().OrderBy(_ => random.Next()).Take(random.Next(1, 12)).ToList();
                var source = keys.ConvertAll(key => new Row(key, random.Next(100), random.Next(3)));
                var deleted = source.Where(_ => random.Next(3) == 0).Select(row => row.Id).ToHashSet();
                var sql = $"SELECT *, id IN ({string.Join(", ", deleted.Append(-1))}) AS _gone FROM ({Values(source)})";
                await table.MergeAsync(lake.Connection, sql, new MergeOptions { Keys = ["id"], DeleteWhen = "_gone", ExceptColumns = ["_gone"] });
                rows = [.. rows.Where(row => !keys.Contains(row.Id)), .. source.Where(row => !deleted.Contains(row.Id))];
            }
            versions.Add(rows);
            Assert.Equal(Text(rows), await lake.RowsAsync($"SELECT id, v, p FROM {table} ORDER BY id"));
        }
        await CheckVersionsAsync(lake, table, versions);
        await CheckChangesAsync(lake, table, versions, random);
    }

    private static async Task CheckVersionsAsync(TestLake lake, LakeTable table, List<List<Row>> versions)
    {
        // A lake that knows nothing yet must find the same through the log and its checkpoints.
        await using var other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
        await using var session = other.OpenSession();
        for (var version = 0; version < versions.Count; version++)
        {
            await session.BindAsync($"FROM {table}", new Dictionary<TableName, long> { [table.Name] = version });
            using var result = session.Connection.Query($"SELECT id, v, p FROM {table} ORDER BY id");
            Assert.Equal(Text(versions[version]), TestLake.Read(result));
        }
    }

    private static async Task CheckChangesAsync(TestLake lake, LakeTable table, List<List<Row>> versions, Random random)
    {
        var after = random.Next(versions.Count);
        var upTo = random.Next(after, versions.Count);
        var view = new TableName("changes", table.Name.Name);
        await CheckNetAsync();
        await lake.Session.DefineChangesAsync(view, await table.SnapshotAsync(upTo), null);
        Assert.Equal(Text(versions[upTo]), await lake.RowsAsync($"SELECT id, v, p FROM {view} WHERE _change_type = 'insert' ORDER BY id"));
        // The same name again: what a name stands for, a view or a copy of few rows, may change with what is asked for.
        await CheckNetAsync();

        async Task CheckNetAsync()
        {
            await lake.Session.DefineChangesAsync(view, await table.SnapshotAsync(upTo), after);
            var net = await lake.RowsAsync($"SELECT id, v, p, sum(CASE _change_type WHEN 'insert' THEN 1 ELSE -1 END)::INTEGER AS n FROM {view} GROUP BY ALL HAVING n <> 0 ORDER BY n, id");
            var went = versions[after].Except(versions[upTo]).OrderBy(row => row.Id).Select(row => row + "|-1");
            var came = versions[upTo].Except(versions[after]).OrderBy(row => row.Id).Select(row => row + "|1");
            Assert.Equal(went.Concat(came), net);
        }
    }

    private static string Values(IEnumerable<Row> rows) =>
        $"SELECT * FROM (VALUES {string.Join(", ", rows.Select(row => $"({row.Id}, {row.V}, {row.P})"))}) r(id, v, p)";

    private static IEnumerable<string> Text(IEnumerable<Row> rows) => rows.OrderBy(row => row.Id).Select(row => row.ToString());

    private sealed record Row(int Id, int V, int P)
    {
        public override string ToString() => $"{Id}|{V}|{P}";
    }
}
