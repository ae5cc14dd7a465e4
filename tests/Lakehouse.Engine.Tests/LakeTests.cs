namespace Lakehouse.Engine.Tests;

public sealed class LakeTests
{
    [Fact]
    public async Task A_lake_can_be_closed_twice()
    {
        await using var lake = new TestLake();
        await lake.RowsAsync("CREATE TABLE t.a AS SELECT 1 AS id");
        await lake.Session.DisposeAsync();

        await lake.Lake.DisposeAsync();
        await lake.Lake.DisposeAsync();
    }
}
