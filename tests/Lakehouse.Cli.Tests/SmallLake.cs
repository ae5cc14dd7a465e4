using Lakehouse.Engine;

namespace Lakehouse.Cli.Tests;

/// <summary>A lake with the table <c>silver.fruit</c> in two versions: two rows, then three.</summary>
public sealed class SmallLake : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-cli-lake-");

    public string Folder => _folder.FullName;

    public string Table => Path.Combine(Folder, "silver", "fruit");

    public async ValueTask InitializeAsync()
    {
        await using Lake lake = Lake.Open(Folder);
        await using LakeSession session = lake.OpenSession();
        LakeTable fruit = lake.Table(TableName.Parse("silver.fruit"));
        await fruit.AppendAsync(session.Connection, "SELECT * FROM (VALUES (1, 'apple', 0.30::DECIMAL(4,2)), (2, 'pear, ripe', NULL)) AS rows(id, name, price)", new WriteOptions());
        await fruit.AppendAsync(session.Connection, "SELECT 3 AS id, 'plum' AS name, 0.15::DECIMAL(4,2) AS price", new WriteOptions());
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
