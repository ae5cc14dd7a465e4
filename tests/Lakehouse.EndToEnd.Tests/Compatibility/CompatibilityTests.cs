using System.Text;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Tests;
using Lakehouse.Storage;
using Lakehouse.Testing;
using Lakehouse.Testing.Engines;
using Lakehouse.Testing.S3;

namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>
/// The compatibility matrix: what Spark and Trino write we read with equal rows, and the other way. The outcome is
/// docs/compatibility.md; set LAKEHOUSE_UPDATE=1 to write it anew.
/// </summary>
public sealed class CompatibilityTests(RealEngines engines, RadosGateway gateway) : IDisposable
{
    /// <summary>How many tables one query asks Spark for: it plans one over sixty for minutes where the machine is busy.</summary>
    private const int AtOnce = 8;

    private readonly TemporaryFolder _cache = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spark_and_Trino_and_we_read_what_the_others_write()
    {
        // All start at the same time, and our tables are written meanwhile.
        Task<bool> sparkStarts = engines.WithSparkAsync(_ => Task.FromResult(true));
        Task<TrinoServer> trinoStarts = engines.TrinoAsync();
        Task<S3Options> bucketStarts = gateway.CreateBucketAsync();
        await using TestLake lake = new();
        (MatrixRow[] toSpark, MatrixRow[] toTrino) = await WriteOwnAsync(lake, await bucketStarts);
        await sparkStarts;
        TrinoServer trino = await trinoStarts;
        S3Options bucket = await bucketStarts;

        MatrixRow[] fromSpark = [.. SparkTables.All.Select((table, i) => new MatrixRow(table.Feature, Path.Combine(lake.Folder, "spark", $"t{i}"), table.Feed, table.Known))];
        MatrixRow cloned = new("shallow clone, on S3", RadosGateway.AddressOf(bucket with { Prefix = "own/clone" }, _cache.Path));
        MatrixRow[] fromTrino = [.. TrinoTables.All.Select((table, i) => new MatrixRow(table.Feature, RadosGateway.AddressOf(bucket with { Prefix = $"written/t{i}" }, _cache.Path), table.Feed))];
        await Task.WhenAll(SparkSideAsync(lake, fromSpark, toSpark), TrinoSideAsync(trino, lake, bucket, fromTrino, toTrino, cloned));

        string document = Document(("Spark writes, Lakehouse reads", fromSpark), ("Lakehouse writes, Spark reads", toSpark), ("Trino writes to S3, Lakehouse reads", fromTrino), ("Lakehouse writes, Trino reads", [.. toTrino, cloned]));
        string path = Path.Combine(Repository.Root, "docs", "compatibility.md");
        if (Environment.GetEnvironmentVariable("LAKEHOUSE_UPDATE") == "1") await File.WriteAllTextAsync(path, document, Token);
        string[] wrong = [.. fromSpark.Concat(toSpark).Concat(fromTrino).Concat(toTrino).Append(cloned).Where(row => row.IsWrong).Select(row => $"{row.Feature}: {row.Fault}")];
        Assert.True(wrong.Length == 0, string.Join("\n\n", wrong));
        Assert.Equal(document, await File.ReadAllTextAsync(path, Token));
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    /// <summary>Writes every table of ours; one that cannot be written is wrong for both readers.</summary>
    private async Task<(MatrixRow[] ToSpark, MatrixRow[] ToTrino)> WriteOwnAsync(TestLake lake, S3Options bucket)
    {
        MatrixRow[] toSpark = [.. OwnTables.All.Select((table, i) => new MatrixRow(table.Feature, Path.Combine(lake.Folder, "ours", $"t{i}"), table.Feed))];
        MatrixRow[] toTrino = [.. OwnTables.All.Select((table, i) => new MatrixRow(table.Feature, toSpark[i].Place, table.Feed, table.TrinoDiffers))];
        for (int i = 0; i < toSpark.Length; i++)
        {
            int index = i;
            await toSpark[i].TryAsync(() => OwnTables.All[index].BuildAsync(lake, lake.Table($"ours.t{index}")));
            toTrino[i].Fault = toSpark[i].Fault;
        }

        return (toSpark, toTrino);
    }

    private async Task SparkSideAsync(TestLake lake, MatrixRow[] theirs, MatrixRow[] ours)
    {
        await using LakeSession session = lake.Lake.OpenSession();
        await Parallel.ForAsync(0, theirs.Length, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = Token }, async (i, token) => await theirs[i].TryAsync(() => engines.WithSparkAsync(async spark =>
        {
            string table = theirs[i].Place, under = table + "base";
            foreach (string begun in new[] { table, under }.Where(Directory.Exists)) Directory.Delete(begun, recursive: true);
            foreach (string statement in SparkTables.All[i].Statements)
                await spark.ExecuteAsync(statement.Replace("{t}", $"delta.`{table}`", StringComparison.Ordinal).Replace("{base}", $"delta.`{under}`", StringComparison.Ordinal), token);
            return true;
        })));
        MatrixRow[] rows = [.. theirs, .. ours];
        foreach (MatrixRow row in rows)
        {
            await row.TryAsync(() => ReadHereAsync(
                lake, session, row, RowText.DuckDb, RowText.Spark, $"delta.`{row.Place}`", from => $"table_changes_by_path('{row.Place}', {from})"));
        }

        for (int i = 0; i < ours.Length; i++)
        {
            if (OwnTables.All[i].Ask is { } ask && ours[i].Fault is null) ours[i].Expect($"{ask.What} AS answer FROM delta.`{ours[i].Place}` WHERE {ask.Where}", [.. ask.Answers]);
        }

        // One query for many of them; one table that Spark cannot read fails it, and each of these is asked for by itself.
        (MatrixRow Row, string Key, string Asked, List<string> Here)[] asked =
            [.. rows.Where(row => row.Fault is null).SelectMany((row, i) => row.Answers.Select((answer, n) => (row, $"{i}.{n}", answer.Asked, answer.Here)))];
        await Parallel.ForEachAsync(asked.Chunk(AtOnce), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Token }, async (some, _) =>
        {
            ILookup<string, string>? together = null;
            try
            {
                together = await AskSparkAsync(string.Join(" UNION ALL ", some.Select(one => $"SELECT '{one.Key}' AS query, {one.Asked}")));
            }
            catch (InvalidOperationException)
            {
            }

            foreach ((MatrixRow row, string key, string query, List<string> here) in some)
                await row.TryAsync(async () => row.Compare(here, [.. (together ?? await AskSparkAsync($"SELECT '{key}' AS query, {query}"))[key]]));
        });
    }

    private static async Task TrinoSideAsync(TrinoServer trino, TestLake lake, S3Options bucket, MatrixRow[] theirs, MatrixRow[] ours, MatrixRow cloned)
    {
        await using LakeSession session = lake.Lake.OpenSession();
        await trino.AddBucketAsync("s3", bucket, Token);
        await trino.QueryAsync($"CREATE SCHEMA s3.written WITH (location = 's3://{bucket.Bucket}/written')", Token);
        await trino.QueryAsync("CREATE SCHEMA delta.ours", Token);
        await Parallel.ForAsync(0, theirs.Length, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = Token }, async (i, token) => await theirs[i].TryAsync(async () =>
        {
            foreach (string statement in TrinoTables.All[i].Statements)
            {
                await trino.QueryAsync(
                    statement.Replace("{t}", $"s3.written.t{i}", StringComparison.Ordinal).Replace("{name}", $"t{i}", StringComparison.Ordinal)
                        .Replace("{at}", $"location = 's3://{bucket.Bucket}/written/t{i}'", StringComparison.Ordinal), token);
            }
        }));
        for (int i = 0; i < ours.Length; i++)
        {
            int index = i;
            await ours[i].TryAsync(() => trino.QueryAsync($"CALL delta.system.register_table('ours', 't{index}', '{TrinoServer.LocationOf(ours[index].Place)}')", Token));
            await ours[i].TryAsync(() => ReadHereAsync(lake, session, ours[index], RowText.DuckDbForTrino, RowText.Trino, $"delta.ours.t{index}", from => TrinoChanges("delta", "ours", index, from)));
        }

        for (int i = 0; i < theirs.Length; i++)
        {
            int index = i;
            await theirs[i].TryAsync(() => ReadHereAsync(lake, session, theirs[index], RowText.DuckDbForTrino, RowText.Trino, $"s3.written.t{index}", from => TrinoChanges("s3", "written", index, from)));
        }

        await cloned.TryAsync(async () =>
        {
            LakeTable source = lake.Lake.TableAt(cloned.Place.Replace("own/clone", "own/source", StringComparison.Ordinal)), clone = lake.Lake.TableAt(cloned.Place);
            await source.AppendAsync(session.Connection, "SELECT i AS id, 'p ' || i % 2 AS part FROM range(20) t(i)", new WriteOptions { PartitionBy = ["part"] }, Token);
            await source.DeleteAsync(session.Connection, "id < 5", cancellationToken: Token);
            await clone.CloneAsync(source, cancellationToken: Token);
            await clone.DeleteAsync(session.Connection, "id = 19", cancellationToken: Token);
            await trino.QueryAsync($"CALL s3.system.register_table('written', 'clone', 's3://{bucket.Bucket}/own/clone')", Token);
            await ReadHereAsync(lake, session, cloned, RowText.DuckDbForTrino, RowText.Trino, "s3.written.clone", _ => "");
        });
        await Parallel.ForEachAsync(theirs.Concat(ours).Append(cloned), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Token }, async (row, token) =>
        {
            foreach ((string asked, List<string> here) in row.Answers)
                await row.TryAsync(async () => row.Compare(here, [.. (await trino.QueryAsync($"SELECT {asked}", token)).Select(answer => answer[0].GetString()!)]));
        });
    }

    /// <summary>Trino's bound is the version before the first.</summary>
    private static string TrinoChanges(string catalog, string schema, int table, int from) =>
        $"TABLE({catalog}.system.table_changes(schema_name => '{schema}', table_name => 't{table}', since_version => {from - 1}))";

    /// <summary>Reads a table's rows, and its changes if they are asked for, and keeps them with what the other engine is to be asked.</summary>
    private static async Task ReadHereAsync(TestLake lake, LakeSession session, MatrixRow row, RowText here, RowText there, string table, Func<int, string> changesOf)
    {
        StructType schema = (await lake.Lake.TableAt(row.Place).SnapshotAsync(cancellationToken: Token)).Schema;
        row.Expect($"{there.Of(schema)} AS answer FROM {table}", await TestLake.RowsAsync(session, $"SELECT {here.Of(schema)} FROM delta_scan('{row.Place}')"));
        if (row.Feed is not { } from) return;
        StructType changes = new([.. schema.Fields, new StructField("_change_type", PrimitiveType.String), new StructField("_commit_version", PrimitiveType.Long)]);
        row.Expect($"{there.Of(changes)} AS answer FROM {changesOf(from)}", await TestLake.RowsAsync(session, $"SELECT {here.Of(changes)} FROM table_changes('{row.Place}', {from})"));
    }

    private async Task<ILookup<string, string>> AskSparkAsync(string query) =>
        (await engines.WithSparkAsync(spark => spark.QueryAsync(query, Token))).ToLookup(row => row.GetProperty("query").GetString()!, row => row.TryGetProperty("answer", out JsonElement answer) ? answer.GetString()! : "");

    private static string Document(params (string Title, MatrixRow[] Rows)[] parts)
    {
        StringBuilder text = new();
        text.Append(
            """
            # What other engines write and read

            Written by a test (`CompatibilityTests`) that runs the engines: Spark 4.2 with Delta Lake 4.4 and Trino 476 make each table and we read
            it, or we make it and they read it. **Equal** means every row and every column, compared value by value; instants against Trino by
            the millisecond, which is all that it has of them.


            """);
        foreach ((string title, MatrixRow[] rows) in parts)
        {
            text.Append($"## {title}\n| table | rows |\n|---|---|\n");
            foreach (MatrixRow row in rows) text.Append($"| {row.Feature} | {row.Outcome} |\n");
            text.Append('\n');
        }

        text.Append(
            """
            Every table of the demo gives Spark and Trino the same counts and sums (`OpenTablesTests`). The public acceptance tables of Delta Lake
            (DAT) read right, 19 of 19 (`AcceptanceTableTests`). How to use all this: [tables.md](tables.md).

            """);
        return text.ToString();
    }
}
