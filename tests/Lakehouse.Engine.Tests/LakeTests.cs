namespace Lakehouse.Engine.Tests;

public sealed class LakeTests
{
    [Fact]
    public async Task A_lake_can_be_closed_twice()
    {
        await using var folder = new TestLake();
        var lake = Lake.Open(folder.Folder);
        await lake.Table(TableName.Parse("t.a")).TrySnapshotAsync(TestContext.Current.CancellationToken);

        await lake.DisposeAsync();
        await lake.DisposeAsync();
    }
}
