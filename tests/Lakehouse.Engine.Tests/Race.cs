using Lakehouse.Delta;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Engine.Tests;

/// <summary>Two lakes on one folder; the second's commit waits until the first has made its own.</summary>
internal sealed class Race : IAsyncDisposable
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _won = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lake _second;

    public Race() => _second = Engine.Lake.Open(Lake.Folder, new LakeOptions { Threads = 1, WrapStore = store => new FlakyObjectStore(store, Hold) });

    public TestLake Lake { get; } = new(new LakeOptions { Threads = 1 });

    public string Folder => Path.Combine(Lake.Folder, "t", "r");

    /// <summary>Table <c>t.r</c> with these rows.</summary>
    public static async Task<Race> StartAsync(string rows, IReadOnlyDictionary<string, string>? properties = null, string? further = null)
    {
        var race = new Race();
        var table = race.Lake.Table("t.r");
        await table.AppendAsync(race.Lake.Connection, rows, new WriteOptions { Properties = properties });
        if (further is not null) await table.AppendAsync(race.Lake.Connection, further);
        return race;
    }

    public async Task<(T First, T Second)> RunAsync<T>(Func<LakeTable, LakeSession, Task<T>> first, Func<LakeTable, LakeSession, Task<T>> second)
    {
        await using var session = _second.OpenSession();
        var losing = Task.Run(() => second(_second.Table(TableName.Parse("t.r")), session));
        await Task.WhenAny(_arrived.Task, losing);
        var won = await first(Lake.Table("t.r"), Lake.Session);
        _won.SetResult();
        return (won, await losing);
    }

    public Task<List<string>> QueryAsync(string sql) => Lake.RowsAsync(sql);

    /// <summary>A commit that followed the winner says that it read what was before it.</summary>
    public void ExpectDoneOnce(CommitResult second) => Assert.Equal((second.Version - 2, 2), (second.Snapshot.CommitInfo!.ReadVersion, second.Attempts));

    public void ExpectRedone(CommitResult second) => Assert.Equal((second.Version - 1, 1), (second.Snapshot.CommitInfo!.ReadVersion, second.Attempts));

    public async ValueTask DisposeAsync()
    {
        await _second.DisposeAsync();
        await Lake.DisposeAsync();
    }

    private Fault Hold(StoreCall call)
    {
        if (call.Operation != "create" || _won.Task.IsCompleted) return Fault.None;
        _arrived.TrySetResult();
        _won.Task.Wait(TimeSpan.FromSeconds(60));
        return Fault.None;
    }
}
