using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Testing.Engines;

namespace Lakehouse.Bench.Tables.SparkFuzz;

/// <summary>One table's random history: Spark makes it and writes, then we, then Spark, then we; after each turn both must read the same.</summary>
internal sealed class MixedHistory(int seed, string folder, SparkServer spark, LakeSession session, TextWriter log, CancellationToken cancellationToken)
{
    private readonly Random _random = new(seed);
    private readonly List<string> _wrong = [];
    private readonly string _path = Path.Combine(folder, $"t{seed}");

    /// <summary>How many statements were carried out, and how many refused.</summary>
    public (int Done, int Refused) Statements { get; private set; }

    private string Table => $"delta.`{_path}`";

    /// <summary>Goes through it.</summary>
    /// <returns>What was wrong.</returns>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        RandomStatements statements = new(_random);
        await spark.ExecuteAsync(_random.Next(4) == 0 ? "SET spark.databricks.delta.checkpoint.partSize=2" : "RESET spark.databricks.delta.checkpoint.partSize", cancellationToken);
        await spark.ExecuteAsync($"SET spark.sql.sources.partitionOverwriteMode={(_random.Next(3) == 0 ? "dynamic" : "static")}", cancellationToken);
        if (!await BySparkAsync(statements.Create(Table))) return _wrong;
        int[] turns = [_random.Next(3, 8), _random.Next(4, 9), _random.Next(1, 4), _random.Next(2, 6)];
        for (int turn = 0; turn < turns.Length; turn++)
        {
            bool ours = turn % 2 == 1;
            for (int i = 0; i < turns[turn] && _wrong.Count == 0; i++)
            {
                string statement = statements.Next(ours ? Dialect.DuckDb : Dialect.Spark, Table, await SnapshotAsync());
                _ = ours ? await ByUsAsync(statement) : await BySparkAsync(statement);
                await CheckSkippingAsync(statements);
            }
        }
        // Every version, so that what went wrong on the way shows at the end too.
        if (_wrong.Count == 0) await CompareAsync(statements);
        return _wrong;
    }

    private Task<Snapshot> SnapshotAsync(long? version = null) => session.Lake.TableAt(_path).SnapshotAsync(version, cancellationToken: cancellationToken);

    private async Task<bool> BySparkAsync(string statement)
    {
        try
        {
            await spark.ExecuteAsync(statement, cancellationToken);
            return Done("spark", statement);
        }
        catch (InvalidOperationException exception)
        {
            // Spark's message follows the statement.
            int after = exception.Message.IndexOf($"{statement}: ", StringComparison.Ordinal);
            return Refused("spark", statement, exception.Message[(after < 0 ? 0 : after + statement.Length + 2)..]);
        }
    }

    private async Task<bool> ByUsAsync(string statement)
    {
        try
        {
            using DuckDbResult result = await session.QueryAsync(statement, cancellationToken);
            await session.Lake.TableAt(_path).CompactedAsync();
            return Done("ours ", statement);
        }
        catch (Exception exception) when (exception is EngineException or DeltaException)
        {
            return Refused("ours ", statement, $"{exception.GetType().Name}: {exception.Message}");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _wrong.Add($"untyped {exception.GetType().Name} of {statement}: {exception}");
            return Refused("ours ", statement, exception.Message);
        }
    }

    /// <summary>What a condition counts with the files that it skips, beside what it counts in a pass over all.</summary>
    private async Task CheckSkippingAsync(RandomStatements statements)
    {
        try
        {
            StructType schema = (await SnapshotAsync()).Schema;
            List<string> conditions = [];
            for (int i = 0; i < 12 && statements.Question(schema) is { } question; i++) conditions.Add(question.DuckDb);
            string[] all = conditions.Count == 0 ? [""] : await AskUsAsync($"concat_ws(' ', {string.Join(", ", conditions.Select(condition => $"count(*) FILTER (WHERE {condition})"))}) FROM {Table}");
            for (int i = 0; i < conditions.Count; i++)
            {
                string[] one = await AskUsAsync($"count(*)::VARCHAR FROM {Table} WHERE {conditions[i]}");
                if (one[0] != all[0].Split(' ')[i]) _wrong.Add($"skipping: {conditions[i]} counts {one[0]} of {all[0].Split(' ')[i]}");
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _wrong.Add($"the table cannot be read: {exception}");
        }
    }

    private bool Done(string who, string statement)
    {
        log.WriteLine($"  {who} {statement};");
        Statements = (Statements.Done + 1, Statements.Refused);
        return true;
    }

    private bool Refused(string who, string statement, string why)
    {
        string line = why.ReplaceLineEndings(" ");
        log.WriteLine($"  {who} REFUSED {statement}\n        -> {line[..Math.Min(line.Length, 400)]}");
        Statements = (Statements.Done, Statements.Refused + 1);
        return false;
    }

    private async Task CompareAsync(RandomStatements statements)
    {
        Snapshot head;
        try
        {
            head = await SnapshotAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _wrong.Add($"the table cannot be opened: {exception}");
            return;
        }

        List<(string What, string Spark, string Ours)> questions = [];
        for (long version = 0; version <= head.Version; version++)
        {
            if (_random.Next(3) > 0) continue;
            StructType schema = (await SnapshotAsync(version)).Schema;
            questions.Add(($"rows of version {version}", $"{Dialect.Spark.RowText(schema)} AS answer FROM {Table} VERSION AS OF {version}", $"{Dialect.DuckDb.RowText(schema)} FROM delta_scan('{_path}', version => {version})"));
        }

        questions.Add(("rows", $"{Dialect.Spark.RowText(head.Schema)} AS answer FROM {Table}", $"{Dialect.DuckDb.RowText(head.Schema)} FROM {Table}"));
        List<(string Spark, string DuckDb)> conditions = [];
        for (int i = 0; i < 24 && statements.Question(head.Schema) is { } question; i++) conditions.Add(question);
        if (conditions.Count > 0)
        {
            // Spark answers all in one pass over all files, which skips nothing; we skip by each.
            questions.Add(("counts by conditions", $"concat_ws(' ', {string.Join(", ", conditions.Select(condition => $"CAST(count_if({condition.Spark}) AS STRING)"))}) AS answer FROM {Table}",
                $"concat_ws(' ', {string.Join(", ", conditions.Select(condition => $"(SELECT count(*) FROM {Table} WHERE {condition.DuckDb})"))})"));
            foreach ((string sparks, string duckDb) in conditions.Take(3))
                questions.Add(($"count where {sparks}", $"CAST(count(*) AS STRING) AS answer FROM {Table} WHERE {sparks}", $"count(*)::VARCHAR FROM {Table} WHERE {duckDb}"));
        }

        foreach ((string[] path, DeltaType type) in RandomStatements.TestableIn(head.Schema).Where(test => test.Path.Length == 1 && test.Type != PrimitiveType.Binary))
        {
            // Spark answers these from statistics alone where it can.
            questions.Add(($"least and greatest {path[0]}", $"concat_ws(' ', {Ends(Dialect.Spark)}) AS answer FROM {Table}", $"concat_ws(' ', {Ends(Dialect.DuckDb)}) FROM {Table}"));
            string Ends(Dialect sql) => $"CAST(count(*) AS {(sql == Dialect.Spark ? "STRING" : "VARCHAR")}), {sql.Shown($"min({sql.Name(path[0])})", type, 0)}, {sql.Shown($"max({sql.Name(path[0])})", type, 0)}";
        }

        if (head.Configuration.GetValueOrDefault("delta.enableRowTracking") == "true")
            questions.Add(("rows without a row id of their own", $"CAST(count(*) - count(DISTINCT _metadata.row_id) AS STRING) AS answer FROM {Table}", "'0'"));
        await AnswerAsync(questions);
        questions.Clear();
        for (long version = 0; version <= head.Version; version++)
        {
            if (_random.Next(3) == 0) continue;
            Snapshot then = await SnapshotAsync(version);
            if (then.Configuration.GetValueOrDefault("delta.enableChangeDataFeed") != "true" || !then.Schema.Equals(head.Schema)) continue;
            StructType changes = new([.. head.Schema.Fields, new StructField("_change_type", PrimitiveType.String), new StructField("_commit_version", PrimitiveType.Long)]);
            questions.Add(($"changes of version {version}", $"{Dialect.Spark.RowText(changes)} AS answer FROM table_changes_by_path('{_path}', {version}, {version})", $"{Dialect.DuckDb.RowText(changes)} FROM table_changes('{_path}', {version}, {version})"));
        }

        if (questions.Count > 0) await AnswerAsync(questions);
    }

    private async Task AnswerAsync(List<(string What, string Spark, string Ours)> questions)
    {
        log.WriteLine($"  asking {questions.Count}");
        List<string?[]> theirs = await AskSparkAsync([.. questions.Select(question => question.Spark)]);
        for (int i = 0; i < questions.Count && _wrong.Count < 3; i++)
        {
            (string what, string sparks, string ours) = questions[i];
            string[] answer;
            try
            {
                answer = await AskUsAsync(ours);
            }
            catch (Exception exception) when (exception is EngineException or DeltaException)
            {
                if (theirs[i] is [null, _]) continue;
                _wrong.Add($"{what}: we refuse with {exception.GetType().Name}: {exception.Message}");
                continue;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                _wrong.Add($"{what}: untyped {exception}");
                continue;
            }
            if (theirs[i] is [null, var why])
            {
                string line = why!.ReplaceLineEndings(" ");
                line = line[Math.Max(0, line.LastIndexOf(": [", StringComparison.Ordinal))..];
                log.WriteLine($"  ASKED {what}: Spark refuses{line[..Math.Min(line.Length, 300)]}");
                if (!what.StartsWith("changes", StringComparison.Ordinal)) _wrong.Add($"{what}: Spark refuses: {why}");
                continue;
            }
            string[] expected = [.. theirs[i]!.Select(row => row!).Order(StringComparer.Ordinal)];
            if (expected.SequenceEqual(answer)) continue;
            List<string> missing = [.. expected], extra = [.. answer.Where(row => !missing.Remove(row))];
            _wrong.Add($"{what}: Spark has {expected.Length} rows, we {answer.Length}\n     only Spark: {string.Join("\n                 ", missing.Take(4))}\n     only we:    {string.Join("\n                 ", extra.Take(4))}\n     {ours}");
        }
    }

    private async Task<string[]> AskUsAsync(string question)
    {
        using DuckDbResult result = await session.QueryAsync($"SELECT {question}", cancellationToken);
        List<string> rows = [];
        while (result.NextChunk())
        {
            for (int row = 0; row < result.RowCount; row++) rows.Add((string)result.Column(0).GetValue(row)!);
        }
        return [.. rows.Order(StringComparer.Ordinal)];
    }

    /// <summary>The answers to all; one that Spark refuses is null, and why.</summary>
    private async Task<List<string?[]>> AskSparkAsync(string[] questions)
    {
        try
        {
            IReadOnlyList<JsonElement> rows = await spark.QueryAsync(string.Join(" UNION ALL ", questions.Select((question, i) => $"SELECT {i} AS asked, {question}")), cancellationToken);
            ILookup<int, string?> answers = rows.ToLookup(row => row.GetProperty("asked").GetInt32(), row => row.TryGetProperty("answer", out JsonElement answer) ? answer.GetString() : "");
            return [.. questions.Select((_, i) => answers[i].ToArray())];
        }
        catch (InvalidOperationException exception)
        {
            if (questions.Length == 1) return [[null, exception.Message]];
            // Some are refused: asked by halves.
            return [.. await AskSparkAsync(questions[..(questions.Length / 2)]), .. await AskSparkAsync(questions[(questions.Length / 2)..])];
        }
    }
}
