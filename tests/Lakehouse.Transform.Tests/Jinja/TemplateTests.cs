using System.Text.Json;
using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform.Tests.Jinja;

/// <summary>The template language gives what Jinja2 gives: the expected texts were recorded from Jinja2 itself.</summary>
public sealed class TemplateTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Recorded()
    {
        using var stream = typeof(TemplateTests).Assembly.GetManifestResourceStream("jinja2-cases.json")!;
        foreach (var line in JsonSerializer.Deserialize<List<RecordedCase>>(stream, JsonSerializerOptions.Web)!)
            yield return new TheoryDataRow<string, string>(line.Template, line.Expected);
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_template_renders_as_in_Jinja2(string template, string expected) =>
        Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{ missing }}", "m.sql:1:4: 'missing' is undefined")]
    [InlineData("a\n{{ x.y }}", "m.sql:2:4: 'x' is undefined")]
    [InlineData("{{ missing ~ 'a' }}", "m.sql:1:4: 'missing' is undefined")]
    [InlineData("{{ {'a': 1}.b }}", "a dict has no attribute 'b'")]
    [InlineData("{{ 1 / 0 }}", "m.sql:1:6: division by zero")]
    [InlineData("{{ 1 + 'a' }}", "'+' does not work on an integer and a string")]
    [InlineData("{{ 'a'|uper }}", "there is no filter 'uper' (did you mean 'upper'?)")]
    [InlineData("{{ 1 is nmber }}", "there is no test 'nmber' (did you mean 'number'?)")]
    [InlineData("{{ 1(2) }}", "an integer cannot be called")]
    [InlineData("{% if true %}x", "m.sql:1:1: this 'if' is never closed; end it with '{% endif %}'")]
    [InlineData("{% for x in y %}{% endif %}", "unknown tag 'endif' inside the 'for' opened at m.sql:1:1")]
    [InlineData("{% frobnicate %}", "unknown tag 'frobnicate'")]
    [InlineData("{{ 'abc }}", "m.sql:1:4: this string is never closed")]
    [InlineData("{{ 1 ", "this tag is never closed; end it with '}}'")]
    [InlineData("{# x", "this comment is never closed")]
    [InlineData("{% raw %}x", "this raw block is never closed")]
    [InlineData("{{ (1 }}", "closes nothing that is open here")]
    [InlineData("{{ 1 2 }}", "m.sql:1:6: expected '}}', found '2'")]
    [InlineData("{{ f(a=1, 2) }}", "an argument without a name follows one with a name")]
    [InlineData("{% set a, b = [1] %}", "2 names (a, b) for 1 value(s)")]
    [InlineData("{% set x.y = 1 %}", "only a namespace's attributes can be set")]
    [InlineData("{{ range(10000000)|length }}", "more than 1000000 numbers")]
    [InlineData("{{ 'x' * 100000000 }}", "larger than 10 million")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "does not fit 64 bits")]
    [InlineData("{{ 99999999999999999999 }}", "does not fit 64 bits")]
    [InlineData("{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", "the argument 'a' of m is not given")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deeper than 60 levels")]
    [InlineData("{% include 'x' %}", "the tag 'include' is not supported")]
    public void An_error_names_the_place_and_the_problem(string template, string message)
    {
        var e = Assert.Throws<JinjaException>(() => Render(template));
        Assert.StartsWith("m.sql:", e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_a_macro_tells_the_calls_that_led_there()
    {
        var e = Assert.Throws<JinjaException>(() => Render("{% macro a() %}\n{{ 1 / 0 }}{% endmacro %}\n\n{{ a() }}"));
        Assert.Equal("m.sql:2:6: division by zero\n  in macro a, called at m.sql:4:4", e.Message);
    }

    [Fact]
    public void Deep_nesting_is_refused_before_it_costs_the_stack()
    {
        var template = "{{ " + new string('(', 5000) + "1" + new string(')', 5000) + " }}";
        Assert.Contains("nested deeper", Assert.Throws<JinjaException>(() => Render(template)).Message, StringComparison.Ordinal);
        var tags = string.Concat(Enumerable.Repeat("{% if 1 %}", 5000)) + string.Concat(Enumerable.Repeat("{% endif %}", 5000));
        Assert.Contains("nested deeper", Assert.Throws<JinjaException>(() => Render(tags)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_line_ends_are_read_as_newlines() => Assert.Equal("a\nb", Render("a\r\nb\r\n"));

    [Fact]
    public void Json_is_spaced_as_Python_writes_it() =>
        Assert.Equal("""{"b": [1, 2.0, null, true], "a": "x\"é"}""", Render("{{ {'b': [1, 2.0, none, true], 'a': 'x\"é'}|tojson }}"));

    [Fact]
    public void Json_is_read_back() => Assert.Equal("[1, 'a', None, {'k': 2.5}]", Render("""{{ '[1, "a", null, {"k": 2.5}]'|fromjson }}"""));

    private static string Render(string template) => Template.Parse("m.sql", template).Render((string _, out object? value) =>
    {
        value = null;
        return false;
    });

    private sealed record RecordedCase(string Template, string Expected);
}
