using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>What a model's own last commit says about itself: the input versions that the table holds, and the SQL that made it.</summary>
/// <param name="Inputs">The version of each table read.</param>
/// <param name="InputIds">The id of each table read: a table made anew has another.</param>
/// <param name="Checksum">The SQL's.</param>
internal sealed record LastRun(IReadOnlyDictionary<string, long> Inputs, IReadOnlyDictionary<string, string> InputIds, string Checksum)
{
    public const string InputsTag = "lakehouse.inputs";
    public const string InputIdsTag = "lakehouse.input_ids";
    public const string ChecksumTag = "lakehouse.sql";
    public const string RunTag = "lakehouse.run";

    /// <summary>Compaction commits without our tags, so the model's own last commit may not be the table's last.</summary>
    private const int Reach = 1000;

    /// <summary>Reads the newest commit that a model's run made; null when there is none within reach.</summary>
    public static async Task<LastRun?> ReadAsync(LakeTable table, Snapshot current, CancellationToken cancellationToken)
    {
        if (TryRead(current.CommitInfo) is { } last)
            return last;
        await foreach (var commit in table.HistoryAsync(Reach, cancellationToken).ConfigureAwait(false))
            if (commit.Version <= current.Version && TryRead(commit.Info) is { } earlier)
                return earlier;
        return null;
    }

    public Dictionary<string, string> ToTags(string runId) => new(StringComparer.Ordinal)
    {
        [InputsTag] = JsonSerializer.Serialize(Inputs),
        [InputIdsTag] = JsonSerializer.Serialize(InputIds),
        [ChecksumTag] = Checksum,
        [RunTag] = runId,
    };

    private static LastRun? TryRead(CommitInfo? info)
    {
        if (info is null || !info.Tags.TryGetValue(InputsTag, out var inputs) || inputs is null)
            return null;
        try
        {
            var versions = JsonSerializer.Deserialize<Dictionary<string, long>>(inputs) ?? [];
            var ids = info.Tags.GetValueOrDefault(InputIdsTag) is { } text ? JsonSerializer.Deserialize<Dictionary<string, string>>(text) ?? [] : [];
            return new LastRun(versions, ids, info.Tags.GetValueOrDefault(ChecksumTag) ?? "");
        }
        catch (JsonException)
        {
            // Someone else's idea of the same key: as good as none, and the model is built anew.
            return null;
        }
    }
}
