using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests;

/// <summary>The logs of the public acceptance tables (delta-incubator/dat). Their rows are the engine's to check.</summary>
public sealed class AcceptanceLogTests
{
    [Fact]
    public async Task Logs_without_checkpoints_load_to_the_versions_and_protocols_they_should()
    {
        string? archive = Repository.Shared is { } shared ? Directory.EnumerateFiles(Path.Combine(shared, "data", "delta"), "deltalake-dat-*.tar.gz").FirstOrDefault() : null;
        Assert.SkipWhen(archive is null, "the public acceptance tables are not there: point LAKEHOUSE_SHARED to a folder that holds data/delta/deltalake-dat-*.tar.gz");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("lakehouse-dat-");
        try
        {
            await using (GZipStream unzipped = new(File.OpenRead(archive), CompressionMode.Decompress))
                await TarFile.ExtractToDirectoryAsync(unzipped, folder.FullName, overwriteFiles: true, TestTable.Token);
            int checkedTables = 0;
            foreach (string info in Directory.EnumerateFiles(folder.FullName, "test_case_info.json", SearchOption.AllDirectories).Order())
            {
                string table = Path.GetDirectoryName(info)!;
                string log = Path.Combine(table, "delta", "_delta_log");
                if (Directory.EnumerateFiles(log, "*.checkpoint*").Any()) continue; // Parquet: the engine's tests read those
                await CheckAsync(table);
                checkedTables++;
            }

            Assert.InRange(checkedTables, 12, 19);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task CheckAsync(string table)
    {
        string name = Path.GetFileName(table);
        DeltaLog log = new(new LocalObjectStore(Path.Combine(table, "delta")), "", new JsonCheckpointCodec());
        foreach (string expectedFolder in Directory.EnumerateDirectories(Path.Combine(table, "expected")))
        {
            using JsonDocument expected = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(expectedFolder, "table_version_metadata.json"), TestTable.Token));
            long version = expected.RootElement.GetProperty("version").GetInt64();

            Snapshot snapshot = await log.LoadAsync(Path.GetFileName(expectedFolder) == "latest" ? null : version, TestTable.Token);

            Assert.True(version == snapshot.Version, name);
            Assert.True(expected.RootElement.GetProperty("min_reader_version").GetInt32() == snapshot.Protocol.MinReaderVersion, name);
            Assert.True(expected.RootElement.GetProperty("min_writer_version").GetInt32() == snapshot.Protocol.MinWriterVersion, name);
            foreach (JsonProperty property in expected.RootElement.GetProperty("properties").EnumerateObject())
            {
                // DAT tells some legacy defaults as properties that the log does not hold.
                if (snapshot.Configuration.TryGetValue(property.Name, out string? value)) Assert.Equal(property.Value.GetString(), value);
            }

            foreach (AddFile file in snapshot.Files)
            {
                Assert.True(await log.Store.FindAsync(DataPath.Resolve("", file.Path).Key!, TestTable.Token) is { } found && found.Size == file.Size, $"{name}: {file.Path}");
                if (file.DeletionVector is { } descriptor) Assert.NotEqual(0, (await new DeletionVectorStore(log.Store, "").ReadAsync(descriptor, TestTable.Token)).Cardinality);
            }
        }
    }
}
