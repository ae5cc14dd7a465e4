using System.Net.Http.Json;
using System.Text.Json;
using Lakehouse.Cli.Demo;
using Lakehouse.EmbeddedPostgres;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Sample;
using Npgsql;
using NpgsqlTypes;

namespace Lakehouse.Services.Tests;

/// <summary>A real PostgreSQL with the sample business, a lake's folder, and the services over them.</summary>
internal sealed class Platform : IAsyncDisposable
{
    private const string Scale = "0.01";
    private const int Seed = 1;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly PostgresServer postgres;
    private readonly string folder;
    private readonly Dictionary<string, ServiceProcess> services = [];

    private Platform(PostgresServer postgres, string folder, Func<string, string>? placeOfLake)
    {
        this.postgres = postgres;
        this.folder = folder;
        LakePlace = placeOfLake?.Invoke(folder) ?? Path.Combine(folder, "lake");
        Source = NpgsqlDataSource.Create(postgres.ConnectionStringFor("source"));
    }

    public NpgsqlDataSource Source { get; }

    public string SourceConnectionString => postgres.ConnectionStringFor("source");

    /// <summary>The lake's connection string: a folder, or a bucket's address.</summary>
    public string LakePlace { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts PostgreSQL.</summary>
    /// <param name="placeOfLake">Gives the lake's connection string, told of a folder that goes with the platform; null = a folder of its own.</param>
    public static async Task<Platform> StartAsync(Func<string, string>? placeOfLake = null)
    {
        Assert.SkipUnless(PostgresServer.IsAvailable, "This build ships no PostgreSQL for this platform.");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Asks processes to end by signals.");
        PostgresServer postgres = await PostgresServer.StartAsync(cancellationToken: Cancellation);
        var platform = new Platform(postgres, Directory.CreateTempSubdirectory("lakehouse-tests-").FullName, placeOfLake);
        await using NpgsqlDataSource admin = NpgsqlDataSource.Create(postgres.ConnectionString);
        foreach (string database in new[] { "source", "metadata" })
        {
            await using NpgsqlCommand create = admin.CreateCommand($"CREATE DATABASE {database}");
            await create.ExecuteNonQueryAsync(Cancellation);
        }
        return platform;
    }

    /// <summary>Makes the sample business where it is missing, as an AppHost does.</summary>
    /// <returns>What the program said.</returns>
    public async Task<string> SeedAsync()
    {
        (int exitCode, string output) = await ServiceProcess.RunAsync(
            "lakehouse", new Dictionary<string, string> { ["ConnectionStrings__source"] = SourceConnectionString }, "simulate", "--seed-only", "--scale", Scale);
        Assert.True(exitCode == 0, output);
        return output;
    }

    /// <summary>Starts a service, or starts it again, with what an AppHost would give it.</summary>
    public async Task<ServiceProcess> StartAsync(string name, OtlpCollector? collector = null)
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__source"] = postgres.ConnectionStringFor("source"),
            ["ConnectionStrings__metadata"] = postgres.ConnectionStringFor("metadata"),
            ["ConnectionStrings__lake"] = LakePlace,
            ["Lakehouse__Transform__Interval"] = "00:00:01",
            ["Lakehouse__Catalog__Interval"] = "00:10:00",
        };
        if (services.TryGetValue("Catalog", out ServiceProcess? catalog)) environment["services__catalog__http__0"] = catalog.Address.ToString();
        foreach ((string variable, string value) in collector?.Variables ?? []) environment[variable] = value;
        if (collector is not null) environment["OTEL_SERVICE_NAME"] = name.ToLowerInvariant();
        ServiceProcess service = await ServiceProcess.StartAsync($"Lakehouse.{name}", environment);
        if (services.Remove(name, out ServiceProcess? before)) await before.DisposeAsync();
        return services[name] = service;
    }

    /// <summary>Where the source's log ends now.</summary>
    public async Task<NpgsqlLogSequenceNumber> PositionAsync()
    {
        await using NpgsqlCommand command = Source.CreateCommand("SELECT pg_current_wal_insert_lsn()");
        return (NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    /// <summary>Changes the business for a while; the services run meanwhile.</summary>
    public Task<SimulatorReport> ChangeAsync(TimeSpan duration) =>
        new ChangeSimulator(Source, new SimulatorOptions { ChangesPerSecond = 300, Duration = duration, Seed = Seed }).RunAsync(null, Cancellation);

    /// <summary>Stops a service and checks the limit for that.</summary>
    public async Task StopAsync(string name)
    {
        TimeSpan took = await services[name].StopAsync();
        Assert.True(took < StopLimit, $"{name} took {took} to stop.");
    }

    /// <summary>Waits for bronze to reach the source, runs the models once more, and puts the sample's questions to both.</summary>
    public async Task<IReadOnlyList<DemoAnswer>> CompareAsync()
    {
        await using SourceMoment moment = await SourceMoment.OpenAsync(Source, Cancellation);
        ServiceProcess ingestion = services["Ingestion"];
        await ServiceProcess.UntilAsync(
            async () => (await ingestion.GetAsync("/api/v1/sources/shop")).GetProperty("lsn").GetString() is { } lsn && NpgsqlLogSequenceNumber.Parse(lsn) >= moment.Position,
            () => $"Bronze does not reach {moment.Position}:{Environment.NewLine}{ingestion.Output}");
        JsonElement run = await RunModelsAsync();
        Assert.True(run.GetProperty("phase").GetString() == "succeeded", run.ToString());
        await using Lake lake = Lake.Open(LakePlace);
        var comparison = new AnswerComparison(lake);
        var answers = new List<DemoAnswer>();
        foreach (SampleAnswer question in SampleAnswers.All) answers.Add(await comparison.AskBothAsync(question, moment, Cancellation));
        return answers;
    }

    /// <summary>Asks for a run of all models and waits for its end.</summary>
    public async Task<JsonElement> RunModelsAsync()
    {
        using HttpResponseMessage response = await services["Transform"].Client.PostAsJsonAsync("/api/v1/runs?wait=true", new { }, Cancellation);
        string body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, body);
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ServiceProcess service in services.Values) await service.DisposeAsync();
        await Source.DisposeAsync();
        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
