using System.Text.Json;
using Lakehouse.Testing;
using Npgsql;

namespace Lakehouse.Cli.Tests;

public sealed class IngestTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>Slots are the server's, not a database's: each test has a source of its own name.</summary>
    private readonly string _source = "shop_" + Guid.NewGuid().ToString("N")[..8];

    private string Config => $"lake: lake\nsources:\n  - name: {_source}\n    connection: SHOP\n    tables: [public.*]\n";

    [Fact]
    public async Task Once_takes_the_snapshot_and_what_came_since_and_ends()
    {
        using TemporaryFolder folder = new();
        string connection = await DatabaseAsync("CREATE TABLE fruit (id int PRIMARY KEY, name text); INSERT INTO fruit VALUES (1, 'apple'), (2, 'pear')");
        LakehouseResult first = await IngestAsync(folder, connection, "--once");
        Assert.True(first.ExitCode == 0, first.ToString());
        await ExecuteAsync(connection, "UPDATE fruit SET name = 'plum' WHERE id = 2");
        LakehouseResult second = await IngestAsync(folder, connection, "--once", "--json");
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Contains(second.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString() == "caught-up");
        LakehouseResult rows = await LakehouseProcess.RunAsync("sql", "--lake", folder.File("lake"), "-f", "csv", "SELECT _op, id, name FROM bronze.public_fruit ORDER BY _lsn, id");
        Assert.Equal("_op,id,name\nr,1,apple\nr,2,pear\nu,2,plum\n", rows.Out.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task An_interrupt_ends_the_stream_with_exit_code_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals; Ctrl-C there is a console event.");
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("lakehouse.yaml"), Config, TestContext.Current.CancellationToken);
        Dictionary<string, string> environment = new() { ["SHOP"] = await DatabaseAsync("CREATE TABLE fruit (id int PRIMARY KEY); INSERT INTO fruit VALUES (1)") };
        using LakehouseProcess process = LakehouseProcess.Start(["ingest", "--json"], environment, folder.Path);
        string? first = await process.Output.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.True(first?.Contains("snapshot", StringComparison.Ordinal), first ?? (await process.EndAsync()).ToString());
        process.Signal(2);
        LakehouseResult result = await process.EndAsync();
        Assert.True(result.ExitCode == 130, result.ToString());
    }

    [Theory]
    [InlineData]
    [InlineData("--once")]
    public async Task A_wrong_password_is_one_sentence_that_says_what_to_check(params string[] more)
    {
        using TemporaryFolder folder = new();
        string connection = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Password = "wrong" }.ConnectionString;
        LakehouseResult result = await IngestAsync(folder, connection, more);
        Assert.True(result.ExitCode == 1 && result.Out.Length == 0, result.ToString());
        Assert.Contains("password", result.Error, StringComparison.Ordinal);
        Assert.Contains(_source, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_not_set_says_which_variable_to_set()
    {
        using TemporaryFolder folder = new();
        LakehouseResult result = await IngestAsync(folder, "", "--once");
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("ConnectionStrings__SHOP", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_key_is_named_with_its_line()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("lakehouse.yaml"), Config + "    batches: 3\n", TestContext.Current.CancellationToken);
        LakehouseResult result = await LakehouseProcess.RunAsync(["ingest"], input: null, folder: folder.Path);
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("lakehouse.yaml:6:", result.Error, StringComparison.Ordinal);
        Assert.Contains("batches", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_the_file_does_not_declare_is_wrong_usage()
    {
        using TemporaryFolder folder = new();
        LakehouseResult result = await IngestAsync(folder, "Host=nowhere", "--source", "warehouse");
        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains(_source, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        using TemporaryFolder folder = new();
        LakehouseResult result = await LakehouseProcess.RunAsync(["ingest", "--config", "nosuch.yaml"], input: null, folder: folder.Path);
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("nosuch.yaml", result.Error, StringComparison.Ordinal);
    }

    private async Task<LakehouseResult> IngestAsync(TemporaryFolder folder, string connection, params string[] more)
    {
        await File.WriteAllTextAsync(folder.File("lakehouse.yaml"), Config, TestContext.Current.CancellationToken);
        return await LakehouseProcess.RunAsync(["ingest", .. more], input: null, new Dictionary<string, string> { ["SHOP"] = connection }, folder.Path);
    }

    private async Task<string> DatabaseAsync(string sql)
    {
        string connection = await postgres.CreateDatabaseAsync();
        await ExecuteAsync(connection, sql);
        return connection;
    }

    private static async Task ExecuteAsync(string connection, string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(connection);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
