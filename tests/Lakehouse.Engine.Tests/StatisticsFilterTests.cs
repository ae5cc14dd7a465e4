using System.Text;
using Lakehouse.Delta;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Sql;
using Lakehouse.Testing.Fuzz;

namespace Lakehouse.Engine.Tests;

/// <summary>Statistics leave a file out only where they prove that it holds no wanted row.</summary>
public sealed class StatisticsFilterTests
{
    private static readonly StructType Columns = new(
    [
        new StructField("i", PrimitiveType.Long), new StructField("s", PrimitiveType.String), new StructField("d", PrimitiveType.Date), new StructField("t", PrimitiveType.Timestamp),
        new StructField("f", PrimitiveType.Double), new StructField("n", new DecimalType(10, 2)), new StructField("b", PrimitiveType.Boolean),
    ]);

    [Theory]
    [InlineData("i", "5", """{"minValues":{"i":6},"maxValues":{"i":9}}""", false)]
    [InlineData("i", "6", """{"minValues":{"i":6},"maxValues":{"i":9}}""", true)]
    [InlineData("i", "10", """{"minValues":{"i":6},"maxValues":{"i":9}}""", false)]
    [InlineData("i", "10", """{"minValues":{"i":6}}""", true)]
    [InlineData("i", "5", """{"minValues":{"i":6.0},"maxValues":{"i":9}}""", false)]
    [InlineData("i", "5", """{"minValues":{"i":"6"},"maxValues":{"i":null}}""", false)]
    [InlineData("i", "5", """{"minValues":{"i":{"x":6}},"maxValues":{"i":[9]}}""", true)]
    [InlineData("i", "5", """{"minValues":{"\u0069":6}}""", false)]
    [InlineData("i", "5", """{"minValues":{"other":{"i":6}},"maxValues":{"i":9}}""", true)]
    [InlineData("i", "5", """{"numRecords":3,"nullCount":{"i":3}}""", false)]
    [InlineData("i", "5", """{"numRecords":-3,"nullCount":{"i":-3}}""", true)]
    [InlineData("i", "5", """{"minValues":{"i":6},"maxValues":{"i":9}""", true)]
    [InlineData("i", "5", """{"minValues":{"i":6},"maxValues":{"i":9}} x""", true)]
    [InlineData("i", "5", "[1]", true)]
    [InlineData("i", "5", "", true)]
    [InlineData("s", "b", """{"minValues":{"s":"c"},"maxValues":{"s":"d"}}""", false)]
    [InlineData("s", "é", """{"minValues":{"s":"\u00e9"},"maxValues":{"s":"\u00e9"}}""", true)]
    [InlineData("s", "e", """{"minValues":{"s":"\u00e9"},"maxValues":{"s":"\u00e9"}}""", false)]
    [InlineData("s", "\uFFFD", """{"minValues":{"s":"a"},"maxValues":{"s":"😀"}}""", true)]
    [InlineData("d", "2026-02-28", """{"minValues":{"d":"2026-03-01"}}""", false)]
    [InlineData("d", "2026-02-28", """{"minValues":{"d":"2026-02-30"}}""", true)]
    [InlineData("t", "2026-01-01 00:00:00.001999", """{"maxValues":{"t":"2026-01-01T00:00:00.001Z"}}""", true)]
    [InlineData("t", "2026-01-01 00:00:00.002", """{"maxValues":{"t":"2026-01-01T00:00:00.001Z"}}""", false)]
    [InlineData("t", "2026-01-01 00:00:00.002", """{"maxValues":{"t":"2026-01-01T01:00:00.001+01:00"}}""", false)]
    [InlineData("t", "2026-01-01 00:00:00", """{"maxValues":{"t":true}}""", true)]
    [InlineData("f", "5", """{"minValues":{"f":1},"maxValues":{"f":2}}""", true)]
    [InlineData("f", "0.5", """{"minValues":{"f":1},"maxValues":{"f":2}}""", false)]
    [InlineData("n", "1.5", """{"minValues":{"n":1.51},"maxValues":{"n":2}}""", false)]
    [InlineData("n", "1.5", """{"minValues":{"n":1.50},"maxValues":{"n":2}}""", true)]
    [InlineData("b", "true", """{"minValues":{"b":false},"maxValues":{"b":false}}""", false)]
    public void A_file_is_read_unless_its_bounds_exclude_the_value(string column, string value, string json, bool read)
    {
        var test = new FilePredicate.Test(column, Comparison.Equal, SqlConstant.Parse(value, Columns.Find(column)!.Type));

        Assert.Equal((read, read), Answers(test, json));
    }

    [Theory]
    [InlineData("""{"numRecords":3,"nullCount":{"i":0}}""", false, true)]
    [InlineData("""{"numRecords":3,"nullCount":{"i":3}}""", true, false)]
    [InlineData("""{"numRecords":3,"nullCount":{"i":1}}""", true, true)]
    [InlineData("""{"numRecords":3}""", true, true)]
    public void Null_counts_tell_where_nulls_and_values_are(string json, bool nulls, bool values)
    {
        Assert.Equal((nulls, values), (MayMatch(Comparison.IsNull), MayMatch(Comparison.IsNotNull)));

        bool MayMatch(Comparison comparison)
        {
            var (parsed, shaped) = Answers(new FilePredicate.Test("i", comparison), json);
            Assert.Equal(parsed, shaped);
            return parsed;
        }
    }

    [Fact]
    public void Values_are_found_behind_nested_ones_and_in_whatever_order_sections_stand()
    {
        var predicate = new FilePredicate.And(
        [
            new FilePredicate.Test("i", Comparison.Equal, new SqlConstant.Exact(5)),
            new FilePredicate.Or([new FilePredicate.Test("s", Comparison.Less, new SqlConstant.Text("m")), new FilePredicate.Test("b", Comparison.IsNull)]),
        ]);
        var json = """{"tightBounds":true,"nullCount":{"x":{"y":1,"z":[2,3]},"b":%N,"i":0},"maxValues":{"x":{"i":4},"i":9},"numRecords":7,"minValues":{ "x":{"i":6},"s":"%S", "i":%I}}""";

        Assert.Equal(
            [(true, true), (true, true), (false, false), (false, false)],
            new[] { ("1", "n", "5"), ("0", "l", "5"), ("0", "n", "5"), ("1", "l", "6") }.Select(values => Answers(predicate, json.Replace("%N", values.Item1).Replace("%S", values.Item2).Replace("%I", values.Item3))));
    }

    /// <summary>What is answered to statistics as JSON, and to their values where they have a shape.</summary>
    private static (bool Parsed, bool Shaped) Answers(FilePredicate predicate, string json)
    {
        var filter = StatisticsFilter.Of(predicate, Columns, mapped: false);
        return (filter.MayMatch(Encoding.UTF8.GetBytes(json)), ShapedAnswer.Of(filter, json) ?? filter.MayMatch(Encoding.UTF8.GetBytes(json)));
    }
}
