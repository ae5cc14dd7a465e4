using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>A parameter as an expression wants it written, which a manifest gives a name of its own.</summary>
internal sealed record FilteredParameter(string Name, ParameterResource Parameter, string Filter);

/// <summary>
/// Manifest expressions have no formats: <c>{password.value:uri}</c> becomes <c>{password-uri-encoded.value}</c>, and
/// an <c>annotated.string</c> of that name beside the parameter says what it is.
/// </summary>
internal sealed class FilteredParameters
{
    private readonly List<FilteredParameter> _known = [];
    private readonly HashSet<FilteredParameter> _taken = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Keeps a name from being used.</summary>
    public void Reserve(string name) => _names.Add(name);

    /// <summary>Finds the formats in an expression.</summary>
    public void Note(ReferenceExpression expression)
    {
        for (int i = 0; i < expression.StringFormats.Count; i++)
            _ = Find(expression, i);
    }

    /// <summary>The expression as the manifest writes it.</summary>
    public string Expression(ReferenceExpression expression)
    {
        if (expression.IsConditional)
            return expression.ValueExpression;
        object?[] holes = [.. expression.ManifestExpressions.Select((plain, i) => Find(expression, i) is { } filtered ? $"{{{filtered.Name}.value}}" : plain)];
        return string.Format(CultureInfo.InvariantCulture, expression.Format, holes);
    }

    /// <summary>What has to be written beside a parameter; each once.</summary>
    public IReadOnlyList<FilteredParameter> Take(ParameterResource parameter) => [.. _known.Where(known => known.Parameter == parameter && _taken.Add(known))];

    /// <summary>What was not written yet.</summary>
    public IReadOnlyList<FilteredParameter> TakeAll() => [.. _known.Where(_taken.Add)];

    private FilteredParameter? Find(ReferenceExpression expression, int hole)
    {
        if (expression.StringFormats[hole] is not { Length: > 0 } filter || Parameter(expression.ValueProviders[hole]) is not { } parameter)
            return null;
        if (_known.Find(known => known.Parameter == parameter && known.Filter == filter) is { } found)
            return found;
        string name = $"{parameter.Name}-{filter}-encoded";
        for (int i = 1; !_names.Add(name); i++)
            name = $"{parameter.Name}-{filter}-encoded-{i}";
        var filtered = new FilteredParameter(name, parameter, filter);
        _known.Add(filtered);
        return filtered;
    }

    // An expression that is nothing but a parameter counts as the parameter.
    private static ParameterResource? Parameter(IValueProvider value) => value switch
    {
        ParameterResource parameter => parameter,
        ReferenceExpression { Format: "{0}", IsConditional: false } alone => alone.ValueProviders[0] as ParameterResource,
        _ => null,
    };
}
