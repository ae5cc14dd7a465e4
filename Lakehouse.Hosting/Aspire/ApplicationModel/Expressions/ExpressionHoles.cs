using System.Globalization;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The holes of an expression that is being written, in order.</summary>
internal sealed class ExpressionHoles(int capacity)
{
    private readonly List<IValueProvider> _values = new(capacity);
    private readonly List<string> _expressions = new(capacity);
    private readonly List<string?> _formats = new(capacity);

    public void Add(StringBuilder text, IValueProvider value, IManifestExpressionProvider expression, string? format)
    {
        text.Append(CultureInfo.InvariantCulture, $"{{{_values.Count}}}");
        _values.Add(value);
        _expressions.Add(expression.ValueExpression);
        _formats.Add(format);
    }

    public ReferenceExpression Build(StringBuilder text) => new(text.ToString(), [.. _values], [.. _expressions], [.. _formats]);

    public static InvalidOperationException NestedFormat() =>
        new("A reference expression inside another has no format of its own: write its parts in place.");
}
