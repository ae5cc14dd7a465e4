using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests;

/// <summary>The promise of incremental runs: the rows are those of a full refresh.</summary>
internal static class IncrementalEqualsFull
{
    /// <summary>Finishes what is left to do incrementally, builds everything anew, and compares every model's rows.</summary>
    public static async Task CheckAsync(TransformLake lake, DbtProject project, string circumstances = "")
    {
        SampleModelsTests.AssertSucceeded(await lake.RunAsync(project));
        var before = new List<(TableName Name, Snapshot Snapshot)>();
        foreach (var model in project.Models.Where(m => m.IsStored))
            before.Add((model.Relation, await lake.Lake.Table(model.Relation).SnapshotAsync(null, TestContext.Current.CancellationToken)));

        SampleModelsTests.AssertSucceeded(await lake.RunAsync(project, new RunOptions { FullRefresh = true }));

        foreach (var (name, incremental) in before)
        {
            var full = await lake.Lake.Table(name).SnapshotAsync(null, TestContext.Current.CancellationToken);
            await lake.Session.DefineAsync(new TableName("compared", "incremental"), incremental, TestContext.Current.CancellationToken);
            await lake.Session.DefineAsync(new TableName("compared", "complete"), full, TestContext.Current.CancellationToken);
            var differences = await lake.RowsAsync("""
                (SELECT 'only incremental', * FROM (FROM compared.incremental EXCEPT ALL FROM compared.complete) LIMIT 3)
                UNION ALL (SELECT 'only full', * FROM (FROM compared.complete EXCEPT ALL FROM compared.incremental) LIMIT 3)
                """);
            Assert.True(differences.Count == 0, $"{name} differs {circumstances}:\n{string.Join("\n", differences)}");
        }
    }
}
