using System.Globalization;
using System.Text.Json;

namespace Lakehouse.Engine.Tests;

/// <summary>
/// What a file's statistics may say (PROTOCOL.md, "Per-file Statistics"), of files that we write and of files that we convert alike: a bound
/// that is there holds for every row, whatever was cut off or rounded, and none is there where NaN stands above all others.
/// </summary>
public sealed class StatisticsRuleTests
{
    private const string Long = "'0123456789012345678901234567890'";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string, string?, string?, long> Rules => new()
    {
        // Texts are cut after 32 characters, and the upper bound ends in a character above all others.
        { $"unnest([{Long} || 'ab', {Long} || 'x', 'zz'])", "\"0123456789012345678901234567890a\"", "\"zz\"", 0 },
        { $"unnest([{Long} || 'ab', {Long} || 'xy'])", "\"0123456789012345678901234567890a\"", "\"0123456789012345678901234567890x\U0010FFFF\"", 0 },
        { $"unnest([{Long} || 'x' || chr(1114111), {Long} || 'a'])", "\"0123456789012345678901234567890a\"", null, 0 },
        // Characters count, not bytes.
        { "unnest([repeat('é', 33)])", $"\"{new string('é', 32)}\"", $"\"{new string('é', 32)}\U0010FFFF\"", 0 },
        // Milliseconds, rounded outwards; instants carry a Z, local times do not.
        { "unnest([TIMESTAMP '2026-01-01 00:00:00.001001', TIMESTAMP '2026-01-01 00:00:00.002001'])", "\"2026-01-01T00:00:00.001\"", "\"2026-01-01T00:00:00.003\"", 0 },
        { "unnest([TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'])", "\"1969-12-31T23:59:59.999Z\"", "\"1970-01-01T00:00:00.000Z\"", 0 },
        { "unnest([DATE '0001-01-01', DATE '9999-12-31', NULL])", "\"0001-01-01\"", "\"9999-12-31\"", 1 },
        // Nothing is above NaN, so nothing may be said.
        { "unnest([1.5::DOUBLE, 'NaN'::DOUBLE])", null, null, 0 },
        { "unnest([-1.5::FLOAT, 2.25::FLOAT, NULL, NULL])", "-1.5", "2.25", 2 },
        { "unnest(['-inf'::DOUBLE, 'inf'::DOUBLE, 0.5])", null, null, 0 },
        { "unnest([-0.05::DECIMAL(4, 2), 99.99::DECIMAL(4, 2)])", "-0.05", "99.99", 0 },
        { "unnest([(-9223372036854775807 - 1)::BIGINT, 9223372036854775807::BIGINT])", "-9223372036854775808", "9223372036854775807", 0 },
        { "unnest([NULL::INTEGER, NULL])", null, null, 2 },
        { "unnest([true, NULL])", null, null, 1 },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Bounds_hold_for_every_row(string values, string? min, string? max, long nulls)
    {
        await using var lake = new TestLake();
        var written = lake.Table("t.written");
        await written.AppendAsync(lake.Connection, $"SELECT {values} AS v", cancellationToken: Cancelled);
        var folder = Directory.CreateDirectory(Path.Combine(lake.Folder, "t", "converted")).FullName;
        await lake.Connection.ExecuteAsync($"COPY (SELECT {values} AS v) TO '{folder}/a.parquet'", Cancelled);
        var converted = lake.Table("t.converted");
        await converted.ConvertAsync(lake.Connection, cancellationToken: Cancelled);

        foreach (var table in new[] { written, converted })
        {
            var statistics = (await table.SnapshotAsync(cancellationToken: Cancelled)).Files.Single().Statistics;
            Assert.Equal(min is null ? null : Text(min), Text(statistics.MinValues, "v"));
            Assert.Equal(max is null ? null : Text(max), Text(statistics.MaxValues, "v"));
            Assert.Equal(nulls, statistics.NullCount["v"]);
            Assert.Equal(await lake.RowsAsync($"SELECT count(*) FROM {table}"), [statistics.NumRecords!.Value.ToString(CultureInfo.InvariantCulture)]);
        }
    }

    private static string? Text(IReadOnlyDictionary<string, JsonElement> bounds, string column) => bounds.TryGetValue(column, out var value) ? Text(value.GetRawText()) : null;

    /// <summary>The value, however JSON escapes it.</summary>
    private static string Text(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.String ? document.RootElement.GetString()! : document.RootElement.GetRawText();
    }
}
