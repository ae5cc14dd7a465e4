using System.Security.Cryptography;
using System.Text;
using Lakehouse.Engine;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>Loads one CSV file into its table. A file that has not changed since it was loaded is left alone.</summary>
internal sealed class SeedExecution(RunContext run, SeedNode seed, LakeSession session)
{
    private const string ChecksumTag = "lakehouse.seed";

    public async Task<NodeResult> RunAsync(CancellationToken cancellationToken)
    {
        var table = run.Lake.Table(seed.Relation);
        var checksum = await ChecksumAsync(cancellationToken).ConfigureAwait(false);
        var current = await table.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
        if (!run.Options.FullRefresh && current?.CommitInfo?.Tags.GetValueOrDefault(ChecksumTag) == checksum)
            return new NodeResult { Node = seed, Status = NodeStatus.Success, Message = "nothing new", Unchanged = true };
        var options = new WriteOptions
        {
            OverwriteSchema = true,
            PartitionBy = seed.Config.PartitionBy,
            Tags = new Dictionary<string, string> { [ChecksumTag] = checksum, [LastRun.RunTag] = run.InvocationId },
        };
        var commit = await table.OverwriteAsync(session.Connection, Sql(), options, cancellationToken).ConfigureAwait(false);
        run.Versions.Committed(seed.Relation, commit.Snapshot);
        var rows = commit.Snapshot.Files.Sum(f => f.Statistics.NumRecords ?? 0);
        return new NodeResult { Node = seed, Status = NodeStatus.Success, Message = $"INSERT {rows}", Rows = rows, Version = commit.Version };
    }

    private async Task<string> ChecksumAsync(CancellationToken cancellationToken)
    {
        var content = await File.ReadAllBytesAsync(seed.Path, cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(SHA256.HashData([.. content, .. Encoding.UTF8.GetBytes(Sql())]));
    }

    private string Sql()
    {
        var delimiter = seed.Config.Text("delimiter") ?? ",";
        var types = seed.Config.Get("column_types") is JinjaDict { Count: > 0 } columns
            ? $", types = {{{string.Join(", ", columns.Select(c => $"{Literal(JinjaValue.ToText(c.Key))}: {Literal(JinjaValue.ToText(c.Value))}"))}}}"
            : "";
        return $"SELECT * FROM read_csv({Literal(seed.Path)}, header = true, delim = {Literal(delimiter)}, sample_size = -1, strict_mode = false{types})";
    }

    private static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
