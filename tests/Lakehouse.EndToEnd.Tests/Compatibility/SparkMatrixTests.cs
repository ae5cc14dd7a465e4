using System.Text;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine;
using Lakehouse.Engine.Tests;
using Lakehouse.Testing;
using Lakehouse.Testing.Engines;

namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>
/// The compatibility matrix: what Spark writes we read with equal rows, and the other way. One Spark for all of it. The outcome
/// is docs/compatibility.md; set LAKEHOUSE_UPDATE=1 to write it anew.
/// </summary>
public sealed class SparkMatrixTests
{
    /// <summary>What is not read or written as it should be, by feature: the reason, for the document.</summary>
    private static readonly Dictionary<string, string> NotYet = new()
    {
        ["variant columns"] = "refused by the feature's name",
        ["char and varchar"] = "equal but for the blanks that Spark pads char with",
    };

    [Fact]
    public async Task Spark_and_we_read_what_the_other_writes()
    {
        Assert.SkipUnless(SparkServer.IsHere, SparkServer.SkipReason);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using SparkServer spark = await SparkServer.StartAsync(cancel);
        await spark.ExecuteAsync("SET TIME ZONE 'UTC'", cancel);
        await using TestLake lake = new();
        List<MatrixRow> theirs = [.. SparkTables.All.Select((table, i) => new MatrixRow(table.Feature, Path.Combine(lake.Folder, "spark", $"t{i}"), table.Feed))];
        List<MatrixRow> ours = [.. OwnTables.All.Select((table, i) => new MatrixRow(table.Feature, Path.Combine(lake.Folder, "ours", $"t{i}"), table.Feed))];
        Task building = Task.Run(async () =>
        {
            for (int i = 0; i < ours.Count; i++)
            {
                int index = i;
                await ours[i].TryAsync(() => OwnTables.All[index].BuildAsync(lake, lake.Table($"ours.t{index}")));
            }
        });
        await Parallel.ForAsync(0, theirs.Count, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = cancel }, async (i, token) => await theirs[i].TryAsync(async () =>
        {
            foreach (string statement in SparkTables.All[i].Statements)
                await spark.ExecuteAsync(statement.Replace("{t}", $"delta.`{theirs[i].Folder}`", StringComparison.Ordinal).Replace("{base}", $"delta.`{theirs[i].Folder}base`", StringComparison.Ordinal), token);
        }));
        await building;
        await CompareAsync(spark, lake, [.. theirs, .. ours], cancel);

        string document = Document(theirs, ours);
        string path = Path.Combine(Repository.Root, "docs", "compatibility.md");
        if (Environment.GetEnvironmentVariable("LAKEHOUSE_UPDATE") == "1") await File.WriteAllTextAsync(path, document, cancel);
        string[] wrong = [.. theirs.Concat(ours).Where(row => row.Fault is not null && !NotYet.ContainsKey(row.Feature)).Select(row => $"{row.Feature}: {row.Fault}")];
        Assert.True(wrong.Length == 0, string.Join("\n\n", wrong));
        Assert.Equal(document, await File.ReadAllTextAsync(path, cancel));
    }

    /// <summary>Holds the rows that we see against those that Spark sees: of all tables in one query, and one by one where that fails.</summary>
    private static async Task CompareAsync(SparkServer spark, TestLake lake, IReadOnlyList<MatrixRow> rows, CancellationToken cancel)
    {
        Dictionary<string, (MatrixRow Row, List<string> Here, string Query)> asked = [];
        foreach (MatrixRow row in rows.Where(row => row.Fault is null))
        {
            await row.TryAsync(async () =>
            {
                StructType schema = (await lake.Lake.TableAt(row.Folder).SnapshotAsync(cancellationToken: cancel)).Schema;
                List<string> here = await lake.RowsAsync($"SELECT {new RowText(spark: false).Of(schema)} FROM delta_scan('{row.Folder}')");
                asked[$"q{asked.Count}"] = (row, here, $"{new RowText(spark: true).Of(schema)} AS answer FROM delta.`{row.Folder}`");
                if (row.Feed is not { } from) return;
                StructType changes = new([.. schema.Fields, new StructField("_change_type", PrimitiveType.String), new StructField("_commit_version", PrimitiveType.Long)]);
                here = await lake.RowsAsync($"SELECT {new RowText(spark: false).Of(changes)} FROM table_changes('{row.Folder}', {from})");
                asked[$"q{asked.Count}"] = (row, here, $"{new RowText(spark: true).Of(changes)} AS answer FROM table_changes_by_path('{row.Folder}', {from})");
            });
        }

        ILookup<string, string>? together = null;
        try
        {
            together = await AskAsync(spark, string.Join(" UNION ALL ", asked.Select(query => $"SELECT '{query.Key}' AS query, {query.Value.Query}")), cancel);
        }
        catch (InvalidOperationException)
        {
            // One table that Spark cannot read fails them all.
        }

        foreach ((string key, (MatrixRow row, List<string> here, string query)) in asked)
        {
            await row.TryAsync(async () =>
            {
                List<string> there = [.. (together ?? await AskAsync(spark, $"SELECT '{key}' AS query, {query}", cancel))[key]];
                row.Fault ??= here.Count == 0 ? "no rows, so nothing is shown" : Difference(here, there);
            });
        }
    }

    private static async Task<ILookup<string, string>> AskAsync(SparkServer spark, string query, CancellationToken cancel) =>
        (await spark.QueryAsync(query, cancel)).ToLookup(row => row.GetProperty("query").GetString()!, row => row.TryGetProperty("answer", out JsonElement answer) ? answer.GetString()! : "");

    private static string? Difference(List<string> here, List<string> there)
    {
        here.Sort(StringComparer.Ordinal);
        there.Sort(StringComparer.Ordinal);
        if (here.SequenceEqual(there)) return null;
        return $"{here.Count} rows here, {there.Count} in Spark; only here: {string.Join("; ", here.Except(there).Take(3))}; only there: {string.Join("; ", there.Except(here).Take(3))}";
    }

    private static string Document(IEnumerable<MatrixRow> theirs, IEnumerable<MatrixRow> ours)
    {
        StringBuilder text = new();
        text.Append("# What other engines write and read\n\n");
        text.Append("Written by a test (`SparkMatrixTests`) that runs both engines: Spark 4.2 with Delta Lake 4.4 makes each table and we read it, or we make it\nand Spark reads it. **Equal** means every row and every column, compared value by value.\n\n");
        Table("Spark writes, Lakehouse reads", theirs);
        Table("Lakehouse writes, Spark reads", ours);
        text.Append("Trino reads the tables of the demo with the same counts and sums (`OpenTablesTests`). The public acceptance tables of Delta Lake (DAT)\nread right, 19 of 19 (`AcceptanceTableTests`). How to use all this: [tables.md](tables.md).\n");
        return text.ToString();

        void Table(string title, IEnumerable<MatrixRow> rows)
        {
            text.Append($"## {title}\n| table | rows |\n|---|---|\n");
            foreach (MatrixRow row in rows) text.Append($"| {row.Feature} | {(row.Fault is null ? "equal" : NotYet.GetValueOrDefault(row.Feature, "wrong"))} |\n");
            text.Append('\n');
        }
    }

    /// <summary>A table of the matrix, and what is wrong with it if anything is.</summary>
    private sealed class MatrixRow(string feature, string folder, int? feed)
    {
        public string Feature => feature;

        public string Folder => folder;

        public int? Feed => feed;

        public string? Fault { get; set; }

        public async Task TryAsync(Func<Task> step)
        {
            try
            {
                await step();
            }
            catch (Exception exception) when (exception is InvalidOperationException or EngineException or DeltaException or Lakehouse.DuckDb.DuckDbException)
            {
                Fault ??= exception.Message;
            }
        }
    }
}
