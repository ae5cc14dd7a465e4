using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Engine.Tests.Pairs;

/// <summary>
/// Every verb against every other, the second having read before the first commits and committing after: what comes of it is what one
/// after the other gives, in some order, as two lakes on one folder do it without meeting.
/// </summary>
public sealed class PairTests : IAsyncDisposable
{
    private static readonly string[] Bases = ["vectors", "mapped", "plain", "partitioned", "serializable", "feed", "tracked"];
    private static readonly string[] Compared = ["delta.constraints.small", "delta.enableDeletionVectors", "delta.enableChangeDataFeed"];

    private readonly TestLake _first = new(new LakeOptions { Threads = 1 });
    private readonly Lake _second;
    private Gate? _gate;
    private int _tables;

    public PairTests() => _second = Lake.Open(_first.Folder, new LakeOptions { Threads = 1, WrapStore = store => new FlakyObjectStore(store, Hold) });

    /// <summary>A few of all pairs by a seed; <c>LAKEHOUSE_PAIRS</c> says how many, <c>LAKEHOUSE_PAIR_SEED</c> which.</summary>
    [Fact]
    public async Task Two_verbs_give_what_one_after_the_other_gives()
    {
        var seed = Number("LAKEHOUSE_PAIR_SEED", 1);
        var random = new Random(seed);
        var pairs = Bases.SelectMany(form => Verb.All.SelectMany(one => Verb.All.Select(two => (Form: form, One: one, Two: two))))
            .OrderBy(_ => random.Next()).Take(Number("LAKEHOUSE_PAIRS", 8)).ToList();
        var wrong = new List<string>();
        foreach (var (form, one, two) in pairs)
        {
            var race = await RaceAsync(form, one, two);
            var forth = await OneAfterTheOtherAsync(form, one, two);
            if (race == forth) continue;

            // As if the second had come first: where it read nothing that the first brought, and the isolation level lets it.
            var back = await OneAfterTheOtherAsync(form, two, one);
            if (form == "serializable" || race != back with { First = back.Second, Second = back.First })
                wrong.Add($"{form}: {one}, then {two}\n  got {race}\n  one after the other {forth}\n  the other way round {back}");
        }

        Assert.True(wrong.Count == 0, $"Seed {seed}:\n{string.Join('\n', wrong)}");

        static int Number(string variable, int otherwise) =>
            int.TryParse(Environment.GetEnvironmentVariable(variable), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : otherwise;
    }

    public async ValueTask DisposeAsync()
    {
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    private async Task<Outcome> RaceAsync(string form, Verb one, Verb two)
    {
        var name = await BaseAsync(form);
        await using var session = _second.OpenSession();
        var gate = _gate = new Gate(name.Path);
        var losing = Task.Run(() => TryAsync(two, _second.Table(name), session));
        await Task.WhenAny(gate.Arrived.Task, losing);
        var won = await TryAsync(one, _first.Lake.Table(name), _first.Session);
        gate.Won.SetResult();
        var lost = await losing;
        _gate = null;
        return new Outcome(won, lost, await StateAsync(name));
    }

    private async Task<Outcome> OneAfterTheOtherAsync(string form, Verb one, Verb two)
    {
        var name = await BaseAsync(form);
        await using var session = _second.OpenSession();
        var first = await TryAsync(one, _first.Lake.Table(name), _first.Session);
        var second = await TryAsync(two, _second.Table(name), session);
        return new Outcome(first, second, await StateAsync(name));
    }

    private async Task<TableName> BaseAsync(string form)
    {
        var name = TableName.Parse($"t.x{++_tables}");
        var table = _first.Lake.Table(name);
        Dictionary<string, string> properties = form switch
        {
            "plain" => new() { ["delta.enableDeletionVectors"] = "false" },
            "mapped" => new() { ["delta.columnMapping.mode"] = "name" },
            "feed" => new() { ["delta.enableChangeDataFeed"] = "true" },
            "tracked" => new() { ["delta.enableRowTracking"] = "true" },
            "serializable" => new() { ["delta.isolationLevel"] = "Serializable" },
            _ => [],
        };
        await table.AppendAsync(_first.Connection, "SELECT i::INTEGER AS id, 0 AS n, 'a' AS p FROM range(20) t(i)", new WriteOptions { Properties = properties, PartitionBy = form == "partitioned" ? ["p"] : [] });
        await table.AppendAsync(_first.Connection, "SELECT i::INTEGER AS id, i::INTEGER % 7 AS n, 'b' AS p FROM range(20, 40) t(i)");
        await table.DeleteAsync(_first.Connection, "id = 7 OR id = 33");
        return name;
    }

    private async Task<string> StateAsync(TableName name)
    {
        await using var fresh = _first.Lake.OpenSession();
        var snapshot = await _first.Lake.Table(name).SnapshotAsync();
        var columns = string.Join(", ", snapshot.Schema.Fields.Select(field => $"{field.Name} {field.Type}"));
        var properties = string.Join(", ", snapshot.Configuration.Where(property => Compared.Contains(property.Key)).OrderBy(property => property.Key, StringComparer.Ordinal).Select(property => $"{property.Key}={property.Value}"));
        var features = string.Join(", ", snapshot.Protocol.WriterFeatures.Where(feature => feature is "deletionVectors" or "columnMapping").Order(StringComparer.Ordinal));
        return $"({columns}) [{properties}] [{features}] {(await TestLake.RowsAsync(fresh, $"SELECT list(r::VARCHAR ORDER BY r::VARCHAR)::VARCHAR FROM (FROM {name}) r"))[0]}";
    }

    private static async Task<string> TryAsync(Verb verb, LakeTable table, LakeSession session)
    {
        try
        {
            await verb.RunAsync(table, session);
            return "done";
        }
        catch (Exception exception) when (exception is DeltaException or EngineException or DuckDbException)
        {
            return exception.GetType().Name;
        }
    }

    private Fault Hold(StoreCall call)
    {
        if (_gate is not { } gate || call.Operation != "create" || gate.Won.Task.IsCompleted || !call.Key.StartsWith(gate.Path + "/", StringComparison.Ordinal)) return Fault.None;
        gate.Arrived.TrySetResult();
        gate.Won.Task.Wait(TimeSpan.FromSeconds(60));
        return Fault.None;
    }

    /// <param name="First">What the first verb came to.</param>
    /// <param name="Second">What the second did.</param>
    /// <param name="State">The table afterwards.</param>
    private sealed record Outcome(string First, string Second, string State);

    private sealed record Gate(string Path)
    {
        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Won { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
