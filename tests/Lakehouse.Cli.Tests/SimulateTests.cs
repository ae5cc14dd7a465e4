using System.Text.Json;
using Lakehouse.Testing;

namespace Lakehouse.Cli.Tests;

public sealed class SimulateTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Interrupt = 2;

    [Fact]
    public async Task A_database_without_the_business_says_how_to_create_it()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("simulate", "-c", await postgres.CreateDatabaseAsync());
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("--scale 0.1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_counts_what_was_changed()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(
            "simulate", "-c", await postgres.CreateDatabaseAsync(), "--scale", "0.001", "--rate", "200", "--duration", "500ms", "--json");
        Assert.True(result.ExitCode == 0, result.ToString());
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.True(report.GetProperty("changes").GetInt64() >= 100);
        Assert.NotEmpty(report.GetProperty("changesByTable").EnumerateObject());
    }

    [Fact]
    public async Task An_interrupt_ends_the_run_with_its_report_and_exit_code_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals; Ctrl-C there is a console event.");
        using LakehouseProcess process = LakehouseProcess.Start(["simulate", "--scale", "0.001"], new Dictionary<string, string> { ["LAKEHOUSE_SOURCE"] = await postgres.CreateDatabaseAsync() });
        string? created = await process.ErrorLineAsync();
        Assert.Contains("Created", created, StringComparison.Ordinal);
        process.Signal(Interrupt);
        LakehouseResult result = await process.EndAsync();
        Assert.True(result.ExitCode == 130, result.ToString());
    }
}
