using System.Globalization;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.EndToEnd.Tests.Compatibility;
using Lakehouse.Engine;
using Lakehouse.Engine.Tests;
using Lakehouse.Testing.Engines;

namespace Lakehouse.EndToEnd.Tests.Iceberg;

/// <summary>
/// One table, both formats: a real Trino reads our tables through its iceberg connector, from the metadata that commits leave, and finds
/// in every version that it can travel to the rows that we find there.
/// </summary>
public sealed class IcebergTests(RealEngines engines)
{
    public static TheoryData<string> Features => [.. IcebergTable.All.Select(table => table.Feature)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Features))]
    public async Task Trino_reads_every_version_as_we_do(string feature)
    {
        TrinoServer trino = await engines.TrinoAsync();
        List<string> failures = [];
        await using TestLake lake = new(new LakeOptions { Threads = 2, MemoryLimit = "1GB", IcebergFailed = failure => failures.Add(failure.Exception.ToString()) });
        IcebergTable table = IcebergTable.All.Single(table => table.Feature == feature);
        LakeTable ours = lake.Table("t." + Name(feature));
        await table.BuildAsync(lake, ours, Properties(lake, ours));
        await ours.Log.CheckpointsWrittenAsync();
        Assert.Empty(failures);

        string theirs = await RegisterAsync(trino, lake, ours, Name(feature));
        long[] versions = [.. (await trino.QueryAsync($"SELECT snapshot_id FROM {theirs.TrimEnd('"')}$snapshots\"", Cancel)).Select(row => row[0].GetInt64() - 1).Order()];
        long latest = (await ours.SnapshotAsync(cancellationToken: Cancel)).Version;
        // A history begins at the version that is the newest when it is first written, which is beside the commits: on a busy machine after some.
        Assert.InRange(versions[0], table.FirstVersion, latest);
        Assert.Equal(Enumerable.Range((int)versions[0], (int)(latest - versions[0]) + 1).Select(version => (long)version), versions);
        List<string> expected = [], asked = [];
        foreach (long version in versions)
        {
            Snapshot snapshot = await ours.SnapshotAsync(version, Cancel);
            await lake.Session.DefineAsync(ours.Name, snapshot, Cancel);
            expected.AddRange(await lake.RowsAsync($"SELECT '{version}: ' || {RowText.DuckDb.Of(snapshot.Schema)} FROM {ours.Name}"));
            asked.Add($"SELECT '{version}: ' || {RowText.TrinoForIceberg.Of(snapshot.Schema)} FROM {theirs}{(version == latest ? "" : $" FOR VERSION AS OF BIGINT '{version + 1}'")}");
        }

        List<string> actual = [.. (await trino.QueryAsync(string.Join(" UNION ALL ", asked), Cancel)).Select(row => row[0].GetString()!)];
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        await ComparePredicatesAsync(trino, lake, ours, theirs);
    }

    [Fact]
    public async Task Metadata_of_each_commit_can_be_registered_as_it_comes()
    {
        TrinoServer trino = await engines.TrinoAsync();
        await using TestLake lake = new();
        LakeTable ours = lake.Table("t.steps");
        for (int step = 0; step < 3; step++)
        {
            CommitResult result = await ours.AppendAsync(lake.Connection, $"SELECT {step} AS id FROM range(10)", new WriteOptions { Properties = Properties(lake, ours) }, Cancel);
            await result.Iceberg;
            string theirs = await RegisterAsync(trino, lake, ours, "steps", unregister: step > 0);
            Assert.Equal(10L * (step + 1), (await trino.QueryAsync($"SELECT count(*) FROM {theirs}", Cancel))[0][0].GetInt64());
        }
    }

    /// <summary>A row with a column's greatest value is found by that value: bounds in the metadata do not hide its file.</summary>
    private static async Task ComparePredicatesAsync(TrinoServer trino, TestLake lake, LakeTable ours, string theirs)
    {
        Snapshot snapshot = await ours.SnapshotAsync(cancellationToken: Cancel);
        List<string> found = [];
        foreach (StructField field in snapshot.Schema.Fields.Where(field => TrinoType(field.Type) is not null))
        {
            foreach (string aggregate in new[] { "min", "max" })
            {
                string value = (await lake.RowsAsync($"SELECT coalesce({aggregate}(\"{field.Name}\")::VARCHAR, '') FROM {ours.Name}"))[0];
                if (value.Length > 0) found.Add($"SELECT count(*) FROM {theirs} WHERE \"{field.Name}\" = CAST('{value.Replace("'", "''", StringComparison.Ordinal)}' AS {TrinoType(field.Type)})");
            }
        }

        if (found.Count == 0) return;
        foreach (JsonElement row in await trino.QueryAsync(string.Join(" UNION ALL ", found), Cancel)) Assert.NotEqual(0, row[0].GetInt64());
    }

    private static string? TrinoType(DeltaType type) => type switch
    {
        DecimalType number => number.ToString(),
        PrimitiveType primitive => primitive.Name switch
        {
            "string" => "VARCHAR",
            "long" or "integer" or "short" or "byte" => "BIGINT",
            "date" => "DATE",
            "timestamp_ntz" => "TIMESTAMP(6)",
            "timestamp" => "TIMESTAMP(6) WITH TIME ZONE",
            _ => null,
        },
        _ => null,
    };

    /// <summary>Registers the newest metadata, as somebody without a catalog would.</summary>
    private static async Task<string> RegisterAsync(TrinoServer trino, TestLake lake, LakeTable ours, string name, bool unregister = false)
    {
        IcebergState state = await ours.WriteIcebergAsync(Cancel);
        string location = TrinoServer.LocationOf(Path.Combine(lake.Folder, ours.Name.Path));
        Assert.StartsWith(location + "/metadata/", state.MetadataLocation, StringComparison.Ordinal);
        await trino.QueryAsync("CREATE SCHEMA IF NOT EXISTS iceberg.t", Cancel);
        if (unregister) await trino.QueryAsync($"CALL iceberg.system.unregister_table('t', '{name}')", Cancel);
        string file = state.MetadataLocation[(location.Length + "/metadata/".Length)..];
        await trino.QueryAsync($"CALL iceberg.system.register_table('t', '{name}', '{location}', '{file}')", Cancel);
        return $"iceberg.t.\"{name}\"";
    }

    private static Dictionary<string, string> Properties(TestLake lake, LakeTable table) => new()
    {
        [TableProperties.UniversalFormats] = "iceberg",
        [TableProperties.IcebergLocation] = TrinoServer.LocationOf(Path.Combine(lake.Folder, table.Name.Path)),
    };

    private static string Name(string feature) => string.Concat(feature.Where(char.IsAsciiLetter)).ToLower(CultureInfo.InvariantCulture);
}
