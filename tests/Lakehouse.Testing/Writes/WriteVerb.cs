using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Testing.Writes;

/// <summary>A verb that writes, for tests that stop it on its way. Done twice it is as if it had been done once.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Base">What it finds.</param>
/// <param name="RunAsync">Does it, and returns when nothing of it goes on in the background.</param>
public sealed record WriteVerb(string Name, TableBase Base, Func<LakeTable, LakeSession, Task> RunAsync)
{
    private const string One = "SELECT 50 AS id, 1 AS n, 'b' AS p";
    private const string Sixteen = "SELECT i::INTEGER AS id, 7 AS n, 'b' AS p FROM range(8, 24) t(i)";

    private static readonly WriteOptions Once = new() { Transaction = ("sweep", 1) };

    private static readonly MergeStatement Merge = new()
    {
        Source = Sixteen,
        On = "target.id = source.id",
        Transaction = Once.Transaction,
        Clauses =
        [
            new MergeClause { Rows = MergeRows.Matched, Action = MergeAction.Update },
            new MergeClause { Rows = MergeRows.NotMatched, Action = MergeAction.Insert },
            new MergeClause { Rows = MergeRows.NotMatchedBySource, Action = MergeAction.Delete, Condition = "target.id < 2" },
        ],
    };

    /// <summary>The verbs that every table has.</summary>
    public static IReadOnlyList<WriteVerb> Common { get; } =
    [
        new("append", TableBase.Plain, (table, session) => table.AppendAsync(session.Connection, "SELECT 50 AS id, 1 AS n, 'c' AS p", Once)),
        new("overwrite", TableBase.Plain, (table, session) => table.OverwriteAsync(session.Connection, "SELECT 50 AS id, 1 AS n, 'c' AS p", Once)),
        new("replace where", TableBase.Plain, (table, session) => table.OverwriteAsync(session.Connection, "SELECT 5 AS id, 1 AS n, 'a' AS p", Once with { ReplaceWhere = "id BETWEEN 3 AND 12" })),
        new("overwrite partitions", TableBase.Plain, (table, session) => table.OverwriteAsync(session.Connection, One, Once with { OverwritePartitions = true })),
        new("delete", TableBase.Plain, Delete),
        new("update", TableBase.Plain, Update),
        new("truncate", TableBase.Plain, (table, _) => table.TruncateAsync(Once)),
        new("upsert", TableBase.Plain, Upsert),
        new("merge", TableBase.Plain, (table, session) => table.MergeAsync(session.Connection, Merge)),
        new("optimize", TableBase.Plain, (table, session) => table.OptimizeAsync(session.Connection)),
        new("set properties", TableBase.Plain, (table, _) => table.SetPropertiesAsync(new Dictionary<string, string?> { ["x"] = "1" })),
        new("add columns", TableBase.Plain, async (table, _) =>
        {
            if (!await HasAsync(table, "extra").ConfigureAwait(false)) await table.AddColumnsAsync(new StructType(new StructField("extra", PrimitiveType.String))).ConfigureAwait(false);
        }),
        new("restore", TableBase.Plain, (table, _) => table.RestoreAsync(0)),
        new("vacuum", TableBase.Copies, (table, _) => table.VacuumAsync(new VacuumOptions { Retention = TimeSpan.Zero, AllowShortRetention = true })),
        new("checkpoint and clean up", TableBase.Plain, async (table, _) =>
        {
            Snapshot snapshot = await table.SnapshotAsync().ConfigureAwait(false);
            await table.Log.CheckpointAsync(snapshot).ConfigureAwait(false);
            await table.Log.CleanUpAsync(snapshot).ConfigureAwait(false);
        }),
    ];

    /// <summary>The others, and what some tables make of the common ones.</summary>
    public static IReadOnlyList<WriteVerb> Others { get; } =
    [
        new("create", TableBase.None, async (table, _) =>
        {
            if (await table.TrySnapshotAsync().ConfigureAwait(false) is null) await table.CreateAsync(new StructType(new StructField("id", PrimitiveType.Integer))).ConfigureAwait(false);
        }),
        new("create by append", TableBase.None, (table, session) => table.AppendAsync(session.Connection, One, Once)),
        new("copy into", TableBase.Plain, CopyIntoAsync),
        new("z-order", TableBase.Plain, (table, session) => table.OptimizeAsync(session.Connection, new OptimizeOptions { ZOrderBy = ["id", "n"] })),
        new("optimize in batches", TableBase.Plain, (table, session) => table.OptimizeAsync(session.Connection, new OptimizeOptions { CommitBytes = 1, PurgeFrom = 0 })),
        new("purge", TableBase.Plain, (table, session) => table.PurgeAsync(session.Connection)),
        new("shallow clone", TableBase.None, (table, _) => CloneAsync(table, deep: false)),
        new("deep clone", TableBase.None, (table, _) => CloneAsync(table, deep: true)),
        new("convert", TableBase.Files, async (table, session) =>
        {
            if (await table.TrySnapshotAsync().ConfigureAwait(false) is null) await table.ConvertAsync(session.Connection).ConfigureAwait(false);
        }),
        new("add constraint", TableBase.Plain, async (table, session) =>
        {
            if (!(await table.SnapshotAsync().ConfigureAwait(false)).Configuration.ContainsKey("delta.constraints.natural")) await table.AddConstraintAsync(session.Connection, "natural", "id >= 0").ConfigureAwait(false);
        }),
        new("change type", TableBase.Plain, async (table, _) =>
        {
            if ((await table.SnapshotAsync().ConfigureAwait(false)).Schema.Find("n")!.Type != PrimitiveType.Long) await table.ChangeColumnTypeAsync("n", PrimitiveType.Long).ConfigureAwait(false);
        }),
        new("map columns", TableBase.Plain, (table, _) => table.SetPropertiesAsync(new Dictionary<string, string?> { [TableProperties.ColumnMappingMode] = "name" })),
        new("rename column", TableBase.Mapped, async (table, _) =>
        {
            if (!await HasAsync(table, "m").ConfigureAwait(false)) await table.RenameColumnAsync("n", "m").ConfigureAwait(false);
        }),
        new("drop column", TableBase.Mapped, async (table, _) =>
        {
            if (await HasAsync(table, "n").ConfigureAwait(false)) await table.DropColumnAsync("n").ConfigureAwait(false);
        }),
        new("drop feature", TableBase.Plain, async (table, session) =>
        {
            if ((await table.SnapshotAsync().ConfigureAwait(false)).Protocol.Supports(TableFeatures.DeletionVectors)) await table.DropFeatureAsync(session.Connection, TableFeatures.DeletionVectors.Name).ConfigureAwait(false);
        }),
        new("delete by copies", TableBase.Copies, Delete),
        new("merge by copies", TableBase.Copies, (table, session) => table.MergeAsync(session.Connection, Merge)),
        new("update with changes", TableBase.Changes, Update),
        new("merge with changes", TableBase.Changes, (table, session) => table.MergeAsync(session.Connection, Merge)),
        new("update of tracked rows", TableBase.Tracked, Update),
        new("append of numbered rows", TableBase.Numbered, (table, session) => table.AppendAsync(session.Connection, "SELECT 9 AS n", Once)),
        new("upsert at a checkpoint", TableBase.Checkpointed, Upsert),
        new("upsert at a v2 checkpoint", TableBase.Sidecars, Upsert),
        new("clean up all history", TableBase.Sidecars, async (table, _) => await table.Log.CleanUpAsync(await table.SnapshotAsync().ConfigureAwait(false), TimeSpan.Zero).ConfigureAwait(false)),
        new("append for Iceberg", TableBase.Iceberg, (table, session) => table.AppendAsync(session.Connection, One, Once)),
        new("upsert for Iceberg", TableBase.Iceberg, Upsert),
        new("auto-compaction", TableBase.Crowded, (table, session) => table.AppendAsync(session.Connection, One, Once)),
    ];

    /// <summary>Both, and no two of one name.</summary>
    public static IReadOnlyList<WriteVerb> All { get; } = [.. Common, .. Others];

    /// <summary>Does it, and waits for what goes on in the background.</summary>
    public async Task CompleteAsync(LakeTable table, LakeSession session)
    {
        await RunAsync(table, session).ConfigureAwait(false);
        await SettledAsync(table).ConfigureAwait(false);
    }

    /// <summary>Returns when no checkpoint, no Iceberg metadata and no compaction of the table is under way.</summary>
    internal static async Task SettledAsync(LakeTable table)
    {
        await table.CompactedAsync().ConfigureAwait(false);
        await table.Log.CheckpointsWrittenAsync().ConfigureAwait(false);
    }

    private static Task Delete(LakeTable table, LakeSession session) => table.DeleteAsync(session.Connection, "id % 3 = 0", Once);

    private static Task Update(LakeTable table, LakeSession session) => table.UpdateAsync(session.Connection, new Dictionary<string, string> { ["n"] = "n + 1" }, "id > 6", Once);

    private static Task Upsert(LakeTable table, LakeSession session) =>
        table.MergeAsync(session.Connection, Sixteen.Replace("'b'", "'a'", StringComparison.Ordinal), new MergeOptions { Keys = ["id"], Transaction = Once.Transaction });

    private static async Task CloneAsync(LakeTable table, bool deep)
    {
        if (await table.TrySnapshotAsync().ConfigureAwait(false) is null) await table.CloneAsync(table.Lake.Table(TableBase.Plain.Table), null, deep).ConfigureAwait(false);
    }

    private static async Task CopyIntoAsync(LakeTable table, LakeSession session)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(table.Lake.Folder)!, "copied")).FullName;
        for (int i = 0; i < 2; i++) await File.WriteAllTextAsync(Path.Combine(folder, $"{i}.csv"), $"id,n,p\n{60 + i},1,b\n").ConfigureAwait(false);
        (await session.QueryAsync($"COPY INTO {table} FROM '{folder}' FILEFORMAT = CSV").ConfigureAwait(false)).Dispose();
    }

    private static async Task<bool> HasAsync(LakeTable table, string column) => (await table.SnapshotAsync().ConfigureAwait(false)).Schema.Find(column) is not null;
}
