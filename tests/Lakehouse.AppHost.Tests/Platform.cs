using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Lakehouse.Ingestion.Sample;
using Lakehouse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lakehouse.AppHost.Tests;

/// <summary>The AppHost as it is shipped, over a small sample business in a folder of its own, and the questions put to it.</summary>
internal sealed class Platform : IAsyncDisposable
{
    private const string Api = "api";
    private const string Source = "source";
    private const string Scale = "0.01";

    /// <summary>Everything that is waited for comes long before; a busy machine is given time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly TemporaryFolder folder;

    private readonly IDistributedApplicationTestingBuilder builder;

    private Platform(TemporaryFolder folder, IDistributedApplicationTestingBuilder builder, DistributedApplication app) =>
        (this.folder, this.builder, App) = (folder, builder, app);

    /// <summary>The services, each of which may end and start again while the others run.</summary>
    public static IReadOnlyList<string> Services { get; } = ["ingestion", "transform", "catalog", Api];

    /// <summary>The application, started.</summary>
    public DistributedApplication App { get; }

    /// <summary>Cancelled when the test is, or its patience ends.</summary>
    public static CancellationToken Deadline
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Patience);
            return source.Token;
        }
    }

    /// <summary>Starts the application; returns before its resources are healthy.</summary>
    /// <param name="arguments">The AppHost's, besides the folder and the scale.</param>
    /// <param name="change">What the test changes in the model.</param>
    public static async Task<Platform> StartAsync(string[]? arguments = null, Action<IDistributedApplicationTestingBuilder>? change = null)
    {
        var folder = new TemporaryFolder();
        IDistributedApplicationTestingBuilder? builder = null;
        try
        {
            builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Lakehouse_AppHost>(
                ["--placement=embedded", $"--data={folder.Path}", $"--scale={Scale}", .. arguments ?? []], Deadline);
            builder.Services.AddLogging(logging => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
            change?.Invoke(builder);
            DistributedApplication app = await builder.BuildAsync(Deadline);
            await app.StartAsync(Deadline);
            return new Platform(folder, builder, app);
        }
        catch
        {
            if (builder is not null) await builder.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Waits until every service is healthy.</summary>
    public async Task UntilHealthyAsync()
    {
        foreach (string service in Services) await App.ResourceNotifications.WaitForResourceHealthyAsync(service, Deadline);
    }

    /// <summary>Waits until a resource is in one of the states, and returns the snapshot it was in.</summary>
    public async Task<CustomResourceSnapshot> UntilAsync(string resource, params string[] states) =>
        (await App.ResourceNotifications.WaitForResourceAsync(resource, e => e.Snapshot.State?.Text is { } state && states.Contains(state), Deadline)).Snapshot;

    /// <summary>Runs a resource's command, which has to succeed.</summary>
    public async Task CommandAsync(string resource, string command)
    {
        ExecuteCommandResult result = await App.ResourceCommands.ExecuteCommandAsync(Resource(resource), command, Deadline);
        Assert.True(result.Success, $"{command} of {resource}: {result.Message}");
    }

    /// <summary>The process of a resource, which runs.</summary>
    public int ProcessOf(string resource)
    {
        Assert.True(App.ResourceNotifications.TryGetCurrentState(resource, out ResourceEvent? current));
        return (int)current.Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;
    }

    /// <summary>Waits until the console log of a resource holds a text.</summary>
    public async Task UntilLogHasAsync(string resource, string text)
    {
        var lines = new List<string>();
        try
        {
            await foreach (IReadOnlyList<LogLine> batch in App.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(Resource(resource)).WithCancellation(Deadline))
            {
                lines.AddRange(batch.Select(line => line.Content));
                if (batch.Any(line => line.Content.Contains(text, StringComparison.Ordinal))) return;
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // Told below.
        }
        Assert.Fail($"'{resource}' never said '{text}', but:\n{string.Join('\n', lines)}");
    }

    /// <summary>How many rows a table of the source has, or what else one number answers.</summary>
    public async Task<long> CountSourceAsync(string sql) => long.Parse((await AskSourceAsync(sql))[0][0]!, CultureInfo.InvariantCulture);

    /// <summary>One number from the lake, through the API.</summary>
    public async Task<long> CountLakeAsync(string sql) => long.Parse((await AskLakeAsync(sql))[0][0]!, CultureInfo.InvariantCulture);

    /// <summary>
    /// Waits until gold's answers to all questions about the business, asked through the API, are the source's own. Nobody may be
    /// writing; an answer that stays different fails the test with both.
    /// </summary>
    public async Task UntilAnswersAreEqualAsync()
    {
        CancellationToken deadline = Deadline;
        foreach (SampleAnswer question in SampleAnswers.All)
        {
            string expected = Text(await AskSourceAsync(question.SourceSql));
            string actual = "";
            try
            {
                while ((actual = await TryAskLakeAsync(question.LakeSql)) != expected) await Task.Delay(Pause, deadline);
            }
            catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                Assert.Equal(expected, actual);
            }
            Assert.NotEmpty(expected);
        }
    }

    /// <summary>Bronze has as many rows as its commits tell of, and no change twice. Nobody may be writing.</summary>
    public async Task AssertBronzeIsWholeAsync()
    {
        string[] tables = [.. (await AskLakeAsync("SELECT DISTINCT name FROM (SELECT unnest(map_keys(tables)) AS name FROM bronze._commits)")).Select(row => row[0]!)];
        Assert.NotEmpty(tables);
        long rows = 0;
        foreach (string table in tables)
        {
            rows += await CountLakeAsync($"SELECT count(*) FROM bronze.{table}");
            Assert.Equal(0, await CountLakeAsync($"SELECT count(*) FROM (SELECT 1 FROM bronze.{table} WHERE _seq > 0 GROUP BY _lsn, _seq HAVING count(*) > 1)"));
        }
        Assert.Equal(await CountLakeAsync("SELECT CAST(sum(rows) AS BIGINT) FROM bronze._commits"), rows);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await builder.DisposeAsync();
        folder.Dispose();
    }

    private IResource Resource(string name) => App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);

    /// <summary>The lake's answer, or why there is none yet.</summary>
    private async Task<string> TryAskLakeAsync(string sql)
    {
        try
        {
            return Text(await AskLakeAsync(sql));
        }
        catch (HttpRequestException notYet)
        {
            return notYet.Message;
        }
    }

    private async Task<List<string?[]>> AskLakeAsync(string sql)
    {
        using HttpClient client = App.CreateHttpClient(Api);
        using HttpResponseMessage response = await client.PostAsJsonAsync("/api/v1/sql", new { sql }, Deadline);
        string body = await response.Content.ReadAsStringAsync(Deadline);
        if (!response.IsSuccessStatusCode) throw new HttpRequestException(body);
        using JsonDocument answer = JsonDocument.Parse(body);
        return [.. answer.RootElement.GetProperty("rows").EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.ValueKind == JsonValueKind.Null ? null : cell.ToString()).ToArray())];
    }

    private async Task<List<string?[]>> AskSourceAsync(string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create((await App.GetConnectionStringAsync(Source, Deadline))!);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Deadline);
        List<string?[]> rows = [];
        while (await reader.ReadAsync(Deadline))
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? null : reader.GetValue(column).ToString())]);
        return rows;
    }

    private static string Text(IEnumerable<string?[]> rows) => string.Join('\n', rows.Select(row => string.Join('|', row)));
}
