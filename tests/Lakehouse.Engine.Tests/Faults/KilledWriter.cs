using System.Globalization;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>A process that merges into one table for as long as it lives, and tells each commit on its output.</summary>
internal static class KilledWriter
{
    public const string Argument = "write-until-killed";
    public const string Application = "killed-writer";

    public static readonly TableName Table = new("t", "killed");

    /// <summary>Commit n inserts row n and adds 1 to row n - 1, so that every version is known by its number alone.</summary>
    public static async Task<int> RunAsync(string folder)
    {
        await using var lake = Lake.Open(folder, new LakeOptions { Threads = 1, MemoryLimit = "500MB" });
        await using var session = lake.OpenSession();
        var table = lake.Table(Table);
        var known = await table.TrySnapshotAsync();
        for (var n = (known?.TransactionVersion(Application) ?? -1) + 1; ; n++)
        {
            var text = n.ToString(CultureInfo.InvariantCulture);
            var sql = n == 0 ? "SELECT 0::BIGINT AS id, 0 AS n" : $"SELECT {text}::BIGINT AS id, 0 AS n UNION ALL SELECT {text}::BIGINT - 1, 1";
            await table.MergeAsync(session.Connection, sql, new MergeOptions { Keys = ["id"], Transaction = (Application, n) });
            Console.Out.WriteLine(text);
            Console.Out.Flush();
        }
    }
}
