using System.Text.Json;
using Lakehouse.Engine;
using Lakehouse.Testing;

namespace Lakehouse.Cli.Tests;

/// <summary><c>lakehouse detail</c>, <c>vacuum</c> and <c>restore</c> on a table that was overwritten.</summary>
public sealed class UpkeepTests
{
    [Fact]
    public async Task A_table_is_described_restored_and_vacuumed()
    {
        using TemporaryFolder folder = new();
        await using (Lake lake = Lake.Open(folder.Path))
        {
            await using LakeSession session = lake.OpenSession();
            LakeTable table = lake.Table(TableName.Parse("silver.a"));
            await table.AppendAsync(session.Connection, "SELECT 1 AS id UNION ALL SELECT 2", cancellationToken: TestContext.Current.CancellationToken);
            await table.OverwriteAsync(session.Connection, "SELECT 3 AS id", cancellationToken: TestContext.Current.CancellationToken);
        }

        JsonElement detail = await RunAsync(folder, "detail", "silver.a");
        Assert.Equal((1, 1, "deletionVectors"), (detail.GetProperty("version").GetInt64(), detail.GetProperty("rows").GetInt64(), detail.GetProperty("features")[1].GetString()));
        JsonElement restored = await RunAsync(folder, "restore", "silver.a", "--version-as-of", "0");
        Assert.Equal((2, 0), (restored.GetProperty("version").GetInt64(), restored.GetProperty("restoredVersion").GetInt64()));
        Assert.Equal(0, (await RunAsync(folder, "vacuum", "silver.a")).GetProperty("files").GetArrayLength());
        Assert.Equal(1, (await RunAsync(folder, "vacuum", "silver.a", "--retain", "0s", "--force", "--dry-run")).GetProperty("files").GetArrayLength());
        Assert.Equal(1, (await RunAsync(folder, "vacuum", "silver.a", "--retain", "0s", "--force")).GetProperty("files").GetArrayLength());
        Assert.Equal(2, (await RunAsync(folder, "detail", "silver.a")).GetProperty("rows").GetInt64());

        LakehouseResult shorter = await LakehouseProcess.RunAsync("vacuum", "silver.a", "--retain", "1h", "--lake", folder.Path);
        Assert.True(shorter.ExitCode == 1 && shorter.Error.Contains("shorter than the table's", StringComparison.Ordinal), shorter.ToString());
        LakehouseResult noTime = await LakehouseProcess.RunAsync("restore", "silver.a", "--timestamp-as-of", "yesterday", "--lake", folder.Path);
        Assert.True(noTime.ExitCode == 2, noTime.ToString());
        Assert.Contains("'yesterday' is no time", noTime.Error, StringComparison.Ordinal);
        LakehouseResult nowhere = await LakehouseProcess.RunAsync("restore", "silver.a", "--lake", folder.Path);
        Assert.True(nowhere.ExitCode == 2 && nowhere.Error.Contains("--version-as-of", StringComparison.Ordinal), nowhere.ToString());
    }

    [Fact]
    public async Task A_table_is_switched_on_for_Iceberg_clients_and_off_again()
    {
        using TemporaryFolder folder = new();
        await using (Lake lake = Lake.Open(folder.Path))
        {
            await using LakeSession session = lake.OpenSession();
            await lake.Table(TableName.Parse("silver.a")).AppendAsync(session.Connection, "SELECT 1 AS id", cancellationToken: TestContext.Current.CancellationToken);
        }

        LakehouseResult off = await LakehouseProcess.RunAsync("iceberg", "silver.a", "--lake", folder.Path);
        Assert.True(off.ExitCode == 1 && off.Error.Contains("--enable", StringComparison.Ordinal), off.ToString());
        JsonElement on = await RunAsync(folder, "iceberg", "silver.a", "--enable");
        string location = on.GetProperty("metadataLocation").GetString()!;
        Assert.Equal($"file://{folder.Path}/silver/a/metadata/v2.metadata.json", location);
        Assert.True(File.Exists(location["file://".Length..]));
        LakehouseResult again = await LakehouseProcess.RunAsync("iceberg", "silver.a", "--lake", folder.Path);
        Assert.Equal(location, again.Out.Trim());
        Assert.Equal(1, (await RunAsync(folder, "detail", "silver.a")).GetProperty("iceberg").GetProperty("version").GetInt64());
        Assert.Equal(0, (await LakehouseProcess.RunAsync("iceberg", "silver.a", "--disable", "--lake", folder.Path)).ExitCode);
        Assert.Equal(JsonValueKind.Null, (await RunAsync(folder, "detail", "silver.a")).GetProperty("iceberg").ValueKind);
    }

    [Fact]
    public async Task Parquet_files_are_converted_ordered_purged_and_tended()
    {
        using TemporaryFolder folder = new();
        string events = Directory.CreateDirectory(Path.Combine(folder.Path, "bronze", "events")).FullName;
        await using (Lake lake = Lake.Open(folder.Path))
        {
            await using LakeSession session = lake.OpenSession();
            await session.Connection.ExecuteAsync($"COPY (SELECT i AS id, i % 7 AS n, (i % 2)::INTEGER AS part FROM range(100) t(i)) TO '{events}' (FORMAT parquet, PARTITION_BY (part), OVERWRITE)", TestContext.Current.CancellationToken);
        }

        LakehouseResult refused = await LakehouseProcess.RunAsync("convert", events);
        Assert.True(refused.ExitCode == 1 && refused.Error.Contains("part BIGINT", StringComparison.Ordinal), refused.ToString());
        LakehouseResult converted = await LakehouseProcess.RunAsync("convert", events, "--partition-by", "part INT", "--json");
        Assert.Equal(100, JsonDocument.Parse(converted.Out).RootElement.GetProperty("rows").GetInt64());
        Assert.Equal(1, (await RunAsync(folder, "optimize", "bronze.events", "--zorder-by", "id", "n", "--where", "part = 1"))[0].GetProperty("filesRemoved").GetInt32());
        await using (Lake lake = Lake.Open(folder.Path))
        {
            await using LakeSession session = lake.OpenSession();
            LakeTable table = lake.Table(TableName.Parse("bronze.events"));
            await table.DeleteAsync(session.Connection, "id < 30", cancellationToken: TestContext.Current.CancellationToken);
        }

        JsonElement due = await RunAsync(folder, "tend", "--dry-run");
        Assert.Equal(("bronze.events", "purge"), (due[0].GetProperty("table").GetString(), due[0].GetProperty("due")[0].GetString()));
        Assert.Equal(30, (await RunAsync(folder, "tend"))[0].GetProperty("rowsPurged").GetInt64());
        Assert.Equal(0, (await RunAsync(folder, "tend")).GetArrayLength());
        Assert.Equal(0, (await RunAsync(folder, "optimize", "--purge"))[0].GetProperty("rowsPurged").GetInt64());
    }

    private static async Task<JsonElement> RunAsync(TemporaryFolder folder, params string[] arguments)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync([.. arguments, "--lake", folder.Path, "--json"]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
