using Lakehouse.Delta;
using Lakehouse.Engine.Tests.Shapes;

namespace Lakehouse.Engine.Tests;

public sealed class VariantTests
{
    [Fact]
    public async Task Variants_are_their_JSON_whatever_the_file_calls_them()
    {
        await using TestLake lake = new();
        await VariantCase.WriteAsync(lake, lake.Table("t.v"), new Dictionary<string, string>());

        Assert.Equal(["30|{\"n\":30,\"list\":[\"a\",null],\"in\":{\"d\":45.0}}", "32|null", "51|{\"n\":51,\"list\":[\"a\",null],\"in\":{\"d\":76.5}}"], await lake.RowsAsync("SELECT id, v FROM t.v WHERE id IN (30, 32, 51) ORDER BY id"));
        Assert.Equal(["18"], await lake.RowsAsync("SELECT max((v->>'$.n')::INTEGER) FROM t.v WHERE id < 19"));
    }

    [Fact]
    public async Task Writing_to_a_table_with_variants_is_refused_by_name()
    {
        await using TestLake lake = new();
        await VariantCase.WriteAsync(lake, lake.Table("t.v"), new Dictionary<string, string>());

        var refusal = await Assert.ThrowsAsync<UnsupportedFeatureException>(() => lake.Table("t.v").AppendAsync(lake.Connection, "SELECT 1 AS id, '1' AS v"));

        Assert.Contains("variantType", refusal.Message, StringComparison.Ordinal);
    }
}
