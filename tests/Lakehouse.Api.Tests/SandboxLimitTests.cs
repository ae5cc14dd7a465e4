using System.Diagnostics;
using System.Text.Json;
using Lakehouse.Api.Sandbox;
using Lakehouse.Api.Sql;

namespace Lakehouse.Api.Tests;

/// <summary>What happens at the limits: memory, places, time, and processes that are killed.</summary>
public sealed class SandboxLimitTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("SELECT list_sort(list(hash(i))) FROM range(300000000) t(i)")]
    [InlineData("SELECT count(DISTINCT repeat(i::VARCHAR, 100)) FROM range(100000000) t(i)")]
    [InlineData("SELECT length(repeat('x', 2000000000) || repeat('y', 2000000000))")]
    public async Task A_query_that_eats_memory_is_stopped_and_the_service_lives(string sql)
    {
        await using ApiHost api = await ApiHost.StartAsync(("MemoryMiB", 128), ("HardMemoryMiB", 512));
        using HttpResponseMessage response = await api.PostAsync(sql, new { timeoutSeconds = 60 });
        Assert.True((int)response.StatusCode is 507 or 500 or 400, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        JsonElement after = await api.QueryAsync("SELECT 1");
        Assert.Equal("[[1]]", after.GetProperty("rows").GetRawText());
    }

    [Fact]
    public async Task DuckDBs_own_memory_limit_is_a_507()
    {
        await using ApiHost api = await ApiHost.StartAsync(("MemoryMiB", 64), ("HardMemoryMiB", 1024));
        await ApiHost.ProblemAsync(await api.PostAsync("SELECT count(DISTINCT repeat(i::VARCHAR, 20)) FROM range(20000000) t(i)", new { timeoutSeconds = 60 }), 507);
    }

    [Fact]
    public async Task A_page_ends_early_where_its_bytes_do()
    {
        await using ApiHost api = await ApiHost.StartAsync(("MaxPageBytes", 10_000));
        JsonElement page = await api.QueryAsync("SELECT repeat('x', 999) FROM range(50)");
        Assert.True(page.GetProperty("truncated").GetBoolean());
        Assert.Equal(9, page.GetProperty("rowCount").GetInt32());
    }

    [Fact]
    public async Task A_row_longer_than_a_page_is_a_507()
    {
        await using ApiHost api = await ApiHost.StartAsync(("MaxPageBytes", 10_000));
        await ApiHost.ProblemAsync(await api.PostAsync("SELECT repeat('x', 20000)"), 507);
    }

    [Fact]
    public async Task One_query_more_than_may_wait_is_a_503()
    {
        await using ApiHost api = await ApiHost.StartAsync(("MaxConcurrent", 1), ("MaxQueued", 0));
        using CancellationTokenSource gone = new();
        (Task<HttpResponseMessage> endless, TimeSpan? retryAfter) = await TakeTheOnlyPlaceAsync(api, gone.Token);
        Assert.NotNull(retryAfter);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_its_query()
    {
        await using ApiHost api = await ApiHost.StartAsync(("MaxConcurrent", 1), ("MaxQueued", 0), ("Warm", 0));
        using CancellationTokenSource gone = new();
        (Task<HttpResponseMessage> endless, _) = await TakeTheOnlyPlaceAsync(api, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        await UntilAsync(async () => (await api.PostAsync("SELECT 1")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_process_killed_between_two_pages_is_told_and_the_service_lives()
    {
        await using ApiHost api = await ApiHost.StartAsync();
        JsonElement first = await api.QueryAsync("SELECT n FROM silver.numbers", new { limit = 10 });
        string next = first.GetProperty("nextPage").GetString()!;
        OpenResult result = api.Service<OpenResults>().Find(next.Split('/')[^1].Split('-')[0])!;
        Process.GetProcessById(result.Process.Id).Kill();
        await ApiHost.ProblemAsync(await api.Client.GetAsync(next), 500);
        await api.QueryAsync("SELECT 1");
    }

    [Fact]
    public async Task A_process_killed_while_it_waits_for_work_is_replaced()
    {
        await using ApiHost api = await ApiHost.StartAsync(("Warm", 1));
        SandboxPool pool = api.Service<SandboxPool>();
        await pool.ProbeAsync(TestContext.Current.CancellationToken);
        SandboxProcess warm = await pool.TakeAsync(TestContext.Current.CancellationToken);
        Process.GetProcessById(warm.Id).Kill();
        await warm.DisposeAsync();
        await api.QueryAsync("SELECT 1");
    }

    [Fact]
    public async Task Results_that_nobody_reads_on_are_closed_in_time()
    {
        await using ApiHost api = await ApiHost.StartAsync(("OpenResultLifetime", "00:00:00.300"));
        JsonElement first = await api.QueryAsync("SELECT n FROM silver.numbers", new { limit = 10 });
        await UntilAsync(() => Task.FromResult(api.Service<OpenResults>().Count == 0));
        await ApiHost.ProblemAsync(await api.Client.GetAsync(first.GetProperty("nextPage").GetString()), 410);
    }

    [Fact]
    public async Task More_open_results_than_allowed_close_the_oldest()
    {
        await using ApiHost api = await ApiHost.StartAsync(("MaxOpenResults", 2));
        List<string> pages = [];
        for (int i = 0; i < 3; i++)
            pages.Add((await api.QueryAsync("SELECT n FROM silver.numbers", new { limit = 10 })).GetProperty("nextPage").GetString()!);
        await ApiHost.ProblemAsync(await api.Client.GetAsync(pages[0]), 410);
        await ApiHost.SuccessAsync(await api.Client.GetAsync(pages[1]));
        await ApiHost.SuccessAsync(await api.Client.GetAsync(pages[2]));
    }

    private const string Endless = "SELECT count(*) FROM range(1000000000000) a, range(1000000) b";

    /// <summary>An endless query at work, and what the next one was told.</summary>
    private static async Task<(Task<HttpResponseMessage> Endless, TimeSpan? RetryAfter)> TakeTheOnlyPlaceAsync(ApiHost api, CancellationToken gone)
    {
        Task<HttpResponseMessage>? endless = null;
        TimeSpan? retryAfter = null;
        await UntilAsync(async () =>
        {
            if (endless is null or { IsCompleted: true }) // the probe below may have had the place when it came
                endless = api.PostAsync(Endless, new { timeoutSeconds = 120 }, gone);
            using HttpResponseMessage probe = await api.PostAsync("SELECT 1");
            retryAfter = probe.Headers.RetryAfter?.Delta;
            return (int)probe.StatusCode == 503;
        });
        return (endless!, retryAfter);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, "the state was not reached in time");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
