using System.Text.RegularExpressions;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables.SparkFuzz;

/// <summary>One table's random history by us alone, beside a table in DuckDB's memory that every statement changes too: both must hold the same
/// rows after each, every version must read the same in a lake that is opened anew, and so must the changes between them.</summary>
internal sealed class ReferenceHistory(int seed, string folder, LakeSession session, TextWriter log, CancellationToken cancellationToken)
{
    private readonly Random _random = new(seed);
    private readonly string _path = Path.Combine(folder, $"o{seed}");
    private readonly Dictionary<long, (StructType Schema, List<string> Rows)> _versions = [];

    private string Table => $"delta.`{_path}`";

    public int Done { get; private set; }

    public int Refused { get; private set; }

    public async Task<string?> RunAsync()
    {
        RandomStatements statements = new(_random);
        string create = statements.CreateOwn(Table, out string columns);
        if (!await TryAsync(create)) return null;
        await session.Connection.ExecuteAsync($"CREATE OR REPLACE TABLE m {columns}", cancellationToken);
        if (await CompareAsync() is { } first) return first;
        for (int i = _random.Next(8, 30); i > 0; i--)
        {
            Snapshot before = await SnapshotAsync(session.Lake);
            string statement = statements.Next(Dialect.DuckDb, Table, before);
            try
            {
                if (!await TryAsync(statement)) continue;
                await MirrorAsync(statement, before);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                return $"after {statement}: {exception}";
            }
            if (await CompareAsync() is { } wrong) return $"after {statement}: {wrong}";
        }
        return await ReadAnewAsync();
    }

    private Task<Snapshot> SnapshotAsync(Lake lake, long? version = null) => lake.TableAt(_path).SnapshotAsync(version, cancellationToken: cancellationToken);

    private async Task<bool> TryAsync(string statement)
    {
        try
        {
            using DuckDbResult result = await session.QueryAsync(statement, cancellationToken);
            await session.Lake.TableAt(_path).CompactedAsync();
            log.WriteLine($"  {statement};");
            Done++;
            return true;
        }
        catch (Exception exception) when (exception is EngineException or DeltaException)
        {
            log.WriteLine($"  REFUSED {statement}\n    -> {exception.GetType().Name}: {exception.Message}");
            Refused++;
            return false;
        }
    }

    /// <summary>Does to the table in memory what the statement did.</summary>
    private async Task MirrorAsync(string statement, Snapshot before)
    {
        string there = statement.Replace(Table, "m", StringComparison.Ordinal);
        Match match;
        if (there.StartsWith("INSERT OVERWRITE m", StringComparison.Ordinal)) there = "DELETE FROM m; INSERT INTO m" + there["INSERT OVERWRITE m".Length..];
        else if ((match = Regex.Match(there, "^INSERT INTO m REPLACE WHERE (.*?) (SELECT \\* FROM \\(VALUES.*)$", RegexOptions.Singleline)).Success) there = $"DELETE FROM m WHERE {match.Groups[1].Value}; INSERT INTO m {match.Groups[2].Value}";
        else if (there.StartsWith("TRUNCATE", StringComparison.Ordinal)) there = "DELETE FROM m";
        else if (Regex.IsMatch(there, "^(OPTIMIZE|REORG|VACUUM)") || there.Contains("TBLPROPERTIES", StringComparison.Ordinal) || there.Contains("CONSTRAINT", StringComparison.Ordinal) || there.Contains("CLUSTER BY", StringComparison.Ordinal) || there.Contains("DROP FEATURE", StringComparison.Ordinal)) return;
        else if (there.StartsWith("RESTORE", StringComparison.Ordinal))
        {
            long version = long.Parse(there[(there.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            there = $"CREATE OR REPLACE TABLE m AS FROM m{version}";
        }
        else if (there.StartsWith("ALTER TABLE m ADD COLUMNS (", StringComparison.Ordinal)) there = "ALTER TABLE m ADD COLUMN " + there["ALTER TABLE m ADD COLUMNS (".Length..^1];
        else if (there.StartsWith("ALTER", StringComparison.Ordinal))
        {
            IReadOnlyList<StructField> now = (await SnapshotAsync(session.Lake)).Schema.Fields, then = before.Schema.Fields;
            (StructField Now, StructField Then)[] columns = [.. now.Zip(then)];
            if (now.Count == then.Count && columns.All(column => column.Now.Name == column.Then.Name))
            {
                // Within columns: what changed in a nested one has no words of DuckDB's, and is taken as it is.
                if (columns.Any(column => column.Now.Type is StructType or ArrayType or MapType && !column.Now.Type.Equals(column.Then.Type)))
                {
                    using DuckDbResult taken = await session.QueryAsync($"CREATE OR REPLACE TABLE m AS FROM {Table}", cancellationToken);
                    return;
                }

                there = $"CREATE OR REPLACE TABLE m AS SELECT {string.Join(", ", columns.Select(column => column.Now.Type.Equals(column.Then.Type) ? Dialect.DuckDb.Name(column.Now.Name) : Cast(column.Now)))} FROM m";
            }
        }
        await session.Connection.ExecuteAsync(there, cancellationToken);
    }

    private static string Cast(StructField field) =>
        $"CAST(m.{Dialect.DuckDb.Name(field.Name)} AS {Dialect.DuckDb.TypeOf(field.Type)}) AS {Dialect.DuckDb.Name(field.Name)}";

    private async Task<string?> CompareAsync()
    {
        Snapshot snapshot = await SnapshotAsync(session.Lake);
        List<string> expected = await AskAsync(session, $"SELECT {Dialect.DuckDb.RowText(snapshot.Schema)} FROM m"), rows = await AskAsync(session, $"SELECT {Dialect.DuckDb.RowText(snapshot.Schema)} FROM {Table}");
        if (!expected.SequenceEqual(rows)) return $"version {snapshot.Version} has other rows: {Difference(expected, rows)}";
        await session.Connection.ExecuteAsync($"CREATE OR REPLACE TABLE m{snapshot.Version} AS FROM m", cancellationToken);
        // A statement may have made several versions, all with the same rows but for the first: those of the last are known.
        _versions[snapshot.Version] = (snapshot.Schema, rows);
        RandomStatements questions = new(_random);
        for (int i = 0; i < 8 && questions.Question(snapshot.Schema) is { } question; i++)
        {
            List<string> all = await AskAsync(session, $"SELECT count(*)::VARCHAR FROM m WHERE {question.DuckDb}"), pruned = await AskAsync(session, $"SELECT count(*)::VARCHAR FROM {Table} WHERE {question.DuckDb}");
            if (all[0] != pruned[0]) return $"version {snapshot.Version}: {question.DuckDb} counts {pruned[0]} of {all[0]}";
        }
        return null;
    }

    private async Task<string?> ReadAnewAsync()
    {
        await using Lake lake = Lake.Open(Path.Combine(folder, "anew"), new LakeOptions { Threads = 1, MemoryLimit = "1GB" });
        await using LakeSession anew = lake.OpenSession();
        await anew.Connection.ExecuteAsync("SET TimeZone = 'UTC'", cancellationToken);
        foreach ((long version, (StructType schema, List<string> expected)) in _versions)
        {
            List<string> rows = await AskAsync(anew, $"SELECT {Dialect.DuckDb.RowText(schema)} FROM delta_scan('{_path}', version => {version})");
            if (!expected.SequenceEqual(rows)) return $"version {version} read anew: {Difference(expected, rows)}";
            if (version == 0 || !_versions.TryGetValue(version - 1, out (StructType Schema, List<string> Rows) before) || !before.Schema.Equals(schema)) continue;
            string text = Dialect.DuckDb.RowText(schema);
            List<string> came = await AskAsync(anew, $"SELECT {text} FROM table_changes('{_path}', {version}, {version}) WHERE _change_type IN ('insert', 'update_postimage')");
            List<string> went = await AskAsync(anew, $"SELECT {text} FROM table_changes('{_path}', {version}, {version}) WHERE _change_type IN ('delete', 'update_preimage')");
            List<string> replayed = [.. before.Rows];
            string[] unknown = [.. went.Where(row => !replayed.Remove(row))];
            replayed.AddRange(came);
            // What a statement took out and brought in again may come in either order.
            unknown = [.. unknown.Where(row => !replayed.Remove(row))];
            replayed.Sort(StringComparer.Ordinal);
            if (unknown.Length > 0 || !replayed.SequenceEqual(expected)) return $"the changes of version {version}: {Difference(expected, replayed)}; took out what was not there: {string.Join(" ", unknown)}";
        }
        return null;
    }

    private static string Difference(List<string> expected, List<string> rows)
    {
        List<string> missing = [.. expected], extra = [.. rows.Where(row => !missing.Remove(row))];
        return $"{expected.Count} rows expected, {rows.Count} there\n     missing: {string.Join("\n              ", missing.Take(4))}\n     extra:   {string.Join("\n              ", extra.Take(4))}";
    }

    private async Task<List<string>> AskAsync(LakeSession asked, string question)
    {
        using DuckDbResult result = await asked.QueryAsync(question, cancellationToken);
        List<string> rows = [];
        while (result.NextChunk())
        {
            for (int row = 0; row < result.RowCount; row++) rows.Add((string)result.Column(0).GetValue(row)!);
        }
        rows.Sort(StringComparer.Ordinal);
        return rows;
    }
}
