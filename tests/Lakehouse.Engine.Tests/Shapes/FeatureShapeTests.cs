using Lakehouse.Delta;

namespace Lakehouse.Engine.Tests.Shapes;

/// <summary>Every feature in every shape that a log may have: whatever the shape, the rows, statistics and metadata are the same.</summary>
public sealed class FeatureShapeTests
{
    public static TheoryData<string> Features => [.. TableFeatureCase.Names];

    [Theory]
    [MemberData(nameof(Features))]
    public async Task A_feature_reads_alike_in_every_shape_of_the_log(string feature)
    {
        List<string> wrong = [];
        foreach (string shape in LogShape.Names)
        {
            await using TestLake lake = new();
            LakeTable table = lake.Table("t.shaped");
            Dictionary<string, string> properties = new() { ["delta.checkpointInterval"] = "1000" };
            if (LogShape.NeedsV2(shape)) properties["delta.checkpointPolicy"] = "v2";
            await TableFeatureCase.BuildAsync(feature, lake, table, properties);
            Snapshot written = await table.SnapshotAsync();
            List<string> rows = await lake.RowsAsync("SELECT * FROM t.shaped ORDER BY ALL");
            Assert.InRange(written.Version, 4, 100);

            await LogShape.ApplyAsync(shape, lake, table);

            await using Lake other = Lake.Open(lake.Folder, new LakeOptions { Threads = 1 });
            await using LakeSession session = other.OpenSession();
            Snapshot read = await other.Table(table.Name).SnapshotAsync();
            if (Describe(read, shape) != Describe(written, shape)) wrong.Add($"{shape}: {Describe(read, shape)}, written {Describe(written, shape)}");
            if (!rows.SequenceEqual(await TestLake.RowsAsync(session, "SELECT * FROM t.shaped ORDER BY ALL"))) wrong.Add($"{shape}: other rows");
        }

        Assert.Empty(wrong);
    }

    private static string Describe(Snapshot snapshot, string shape) => string.Join(
        '\n',
        snapshot.Files
            .Select(file => $"{file.Key} {file.Size} {string.Join(",", file.PartitionValues.OrderBy(value => value.Key))} {(shape == "statistics as struct" ? file.Statistics.NumRecords : file.Stats)}")
            .Concat(snapshot.DomainMetadata.Values.Select(domain => domain.ToString()))
            .Concat(snapshot.Configuration.Select(property => property.ToString()))
            .Order(StringComparer.Ordinal)
            .Prepend($"{snapshot.Version} {snapshot.Schema} [{string.Join(",", snapshot.Protocol.ReaderFeatures)}]"));
}
