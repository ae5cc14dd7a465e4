using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Testing.Writes;

/// <summary>What a verb finds: a small table in <c>t.base_NAME</c>, or a folder that is none yet. Copies of the folder are the same table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CreateAsync">Makes it.</param>
public sealed record TableBase(string Name, Func<LakeTable, LakeSession, Task> CreateAsync)
{
    /// <summary>Three versions, two partitions, a deletion vector.</summary>
    public static readonly TableBase Plain = Filled("plain");

    /// <summary>The same rows; deletes copy files.</summary>
    public static readonly TableBase Copies = Filled("copies", (TableProperties.EnableDeletionVectors, "false"));

    /// <summary>It keeps its changes.</summary>
    public static readonly TableBase Changes = Filled("changes", (TableProperties.EnableChangeDataFeed, "true"));

    /// <summary>Columns are mapped by name.</summary>
    public static readonly TableBase Mapped = Filled("mapped", (TableProperties.ColumnMappingMode, "name"));

    /// <summary>Rows keep their ids.</summary>
    public static readonly TableBase Tracked = Filled("tracked", (TableProperties.EnableRowTracking, "true"));

    /// <summary>Every commit is followed by a checkpoint.</summary>
    public static readonly TableBase Checkpointed = Filled("checkpointed", (TableProperties.CheckpointInterval, "1"));

    /// <summary>Every commit is followed by a checkpoint of the v2 spec.</summary>
    public static readonly TableBase Sidecars = Filled("sidecars", (TableProperties.CheckpointInterval, "1"), (TableProperties.CheckpointPolicy, "v2"));

    /// <summary>Every commit is followed by Iceberg metadata.</summary>
    public static readonly TableBase Iceberg = Filled("iceberg", (TableProperties.UniversalFormats, "iceberg"));

    /// <summary>One more small file brings a compaction about.</summary>
    public static readonly TableBase Crowded = Filled("crowded", (TableProperties.AutoCompact, "true"), (TableProperties.AutoCompactMinFiles, "3"));

    /// <summary>An identity column, two rows numbered.</summary>
    public static readonly TableBase Numbered = new("numbered", async (table, session) =>
    {
        await table.CreateAsync(new StructType(IdentityColumn.Field("id"), new StructField("n", PrimitiveType.Integer))).ConfigureAwait(false);
        await table.AppendAsync(session.Connection, "SELECT i::INTEGER AS n FROM range(2) t(i)").ConfigureAwait(false);
    });

    /// <summary>Two Parquet files and no table.</summary>
    public static readonly TableBase Files = new("files", (table, session) =>
    {
        for (int part = 0; part < 2; part++)
        {
            string path = table.LocalPath($"{part}.parquet");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            session.Connection.Execute($"COPY (SELECT i::INTEGER AS id, 0 AS n FROM range({part * 10}, {(part + 1) * 10}) t(i)) TO '{path}' (FORMAT parquet)");
        }

        return Task.CompletedTask;
    });

    /// <summary>Nothing at all.</summary>
    public static readonly TableBase None = new("none", (_, _) => Task.CompletedTask);

    /// <summary>The name of its table in the lake.</summary>
    public TableName Table => new("t", "base_" + Name);

    /// <summary>The folder under another name: as it was made, in no time.</summary>
    /// <param name="lakeFolder">The lake's folder.</param>
    /// <param name="copy">The name.</param>
    public void CopyTo(string lakeFolder, TableName copy)
    {
        string from = Path.Combine(lakeFolder, Table.Path), to = Path.Combine(lakeFolder, copy.Path);
        if (!Directory.Exists(from)) return;
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static TableBase Filled(string name, params (string Key, string Value)[] properties) => new(name, async (table, session) =>
    {
        WriteOptions options = new() { PartitionBy = ["p"], Properties = properties.ToDictionary(property => property.Key, property => property.Value) };
        await table.AppendAsync(session.Connection, "SELECT i::INTEGER AS id, 0 AS n, CASE WHEN i < 10 THEN 'a' ELSE 'b' END AS p FROM range(20) t(i)", options).ConfigureAwait(false);
        await table.DeleteAsync(session.Connection, "id = 4").ConfigureAwait(false);
        await table.AppendAsync(session.Connection, "SELECT 20::INTEGER AS id, 0 AS n, 'b' AS p").ConfigureAwait(false);
        await WriteVerb.SettledAsync(table).ConfigureAwait(false);
    });
}
