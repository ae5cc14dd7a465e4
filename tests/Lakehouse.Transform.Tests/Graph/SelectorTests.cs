namespace Lakehouse.Transform.Tests.Graph;

public sealed class SelectorTests
{
    [Theory]
    [InlineData("", "a b c d e")]
    [InlineData("b", "b")]
    [InlineData("+b", "a b")]
    [InlineData("b+", "b c d")]
    [InlineData("+c", "a b c e")]
    [InlineData("1+c", "b c e")]
    [InlineData("a+1", "a b")]
    [InlineData("1+b+1", "a b c")]
    [InlineData("a e", "a e")]
    [InlineData("tag:hot", "b d")]
    [InlineData("tag:hot,gold", "d")]
    [InlineData("tag:hot,d+ a", "a d")]
    [InlineData("gold", "c d")]
    [InlineData("gold.*", "c d")]
    [InlineData("path:models/gold", "c d")]
    [InlineData("models/gold/c.sql", "c")]
    [InlineData("config.materialized:table", "d")]
    [InlineData("shop.gold.d", "d")]
    [InlineData("nothing", "")]
    public void Criteria_select_models(string select, string expected)
    {
        using var folder = Folder();
        Assert.Equal(expected, Select(folder.Load(), select, ""));
    }

    [Theory]
    [InlineData("+d", "b", "a c d e")]
    [InlineData("", "gold e", "a b")]
    public void Exclusions_are_taken_out(string select, string exclude, string expected)
    {
        using var folder = Folder();
        Assert.Equal(expected, Select(folder.Load(), select, exclude));
    }

    [Fact]
    public void Tests_come_with_what_they_test()
    {
        using var folder = Folder();
        folder.Write("tests/odd.sql", "select * from {{ ref('c') }} where 1 = 0");
        var selected = new Selector(folder.Load()).Select(["b+"], []);
        Assert.Contains("test.shop.odd", selected);
        Assert.DoesNotContain("test.shop.odd", new Selector(folder.Load()).Select(["a"], []));
    }

    [Theory]
    [InlineData("tags:x", "there is no selection method 'tags'")]
    [InlineData("+", "selects nothing")]
    public void What_is_no_criterion_is_refused(string select, string message)
    {
        using var folder = Folder();
        var e = Assert.Throws<SelectionException>(() => Select(folder.Load(), select, ""));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    // a -> b -> c -> d, and e -> c
    private static ProjectFolder Folder() => new(
        ("models/a.sql", "select 1 as x"),
        ("models/e.sql", "select 1 as x"),
        ("models/b.sql", "{{ config(tags='hot') }}select * from {{ ref('a') }}"),
        ("models/gold/c.sql", "select * from {{ ref('b') }}, {{ ref('e') }}"),
        ("models/gold/d.sql", "{{ config(tags=['hot'], materialized='table') }}select * from {{ ref('c') }}"));

    private static string Select(DbtProject project, string select, string exclude) =>
        string.Join(' ', new Selector(project).Select(Split(select), Split(exclude)).Select(id => project.Nodes[id]).OfType<ModelNode>().Select(n => n.Name).Order(StringComparer.Ordinal));

    private static string[] Split(string text) => text.Length == 0 ? [] : [text];
}
