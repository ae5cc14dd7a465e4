using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// A string with holes that are filled when it runs (endpoints, parameters, connection strings) and written as
/// expressions when it is published: <c>ReferenceExpression.Create($"Host={endpoint.Property(EndpointProperty.Host)}")</c>.
/// It can also be a choice between two such strings (<see cref="CreateConditional"/>).
/// </summary>
public partial class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    /// <summary>The expression without text; its value is null.</summary>
    public static readonly ReferenceExpression Empty = new("", [], [], []);

    internal ReferenceExpression(string format, IReadOnlyList<IValueProvider> valueProviders, IReadOnlyList<string> manifestExpressions, IReadOnlyList<string?> stringFormats)
    {
        Format = format;
        ValueProviders = valueProviders;
        ManifestExpressions = manifestExpressions;
        StringFormats = stringFormats;
    }

    private ReferenceExpression(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
        : this("", [.. whenTrue.ValueProviders, .. whenFalse.ValueProviders], [], [])
    {
        (Condition, MatchValue, WhenTrue, WhenFalse) = (condition, matchValue, whenTrue, whenFalse);
    }

    /// <summary>The text as a composite format: holes are <c>{0}</c>, <c>{1}</c>…; braces of the text are doubled.</summary>
    public string Format { get; }

    /// <summary>What fills the holes; for a choice, what fills those of both branches.</summary>
    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    /// <summary>What the manifest says in the holes.</summary>
    public IReadOnlyList<string> ManifestExpressions { get; }

    /// <summary>How each hole's value is written: null as it is, <c>uri</c> percent-encoded.</summary>
    public IReadOnlyList<string?> StringFormats { get; }

    public bool IsConditional => Condition is not null;

    public IValueProvider? Condition { get; }

    public string? MatchValue { get; }

    public ReferenceExpression? WhenTrue { get; }

    public ReferenceExpression? WhenFalse { get; }

    /// <summary>The whole as the manifest writes it.</summary>
    public string ValueExpression => IsConditional
        ? $"{{{ConditionalName}.connectionString}}"
        : string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    IEnumerable<object> IValueWithReferences.References => IsConditional
        ? [Condition!, .. References(Condition), .. References(WhenTrue), .. References(WhenFalse)]
        : ValueProviders;

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    /// <summary>
    /// <paramref name="whenTrue"/> where the condition's value is <paramref name="matchValue"/>, whatever the case;
    /// else <paramref name="whenFalse"/>. The condition is asked each time a value is wanted.
    /// </summary>
    public static ReferenceExpression CreateConditional(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentException.ThrowIfNullOrEmpty(matchValue);
        ArgumentNullException.ThrowIfNull(whenTrue);
        ArgumentNullException.ThrowIfNull(whenFalse);
        return new(condition, matchValue, whenTrue, whenFalse);
    }

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(new ValueProviderContext(), cancellationToken);

    /// <summary>The text with its holes filled; null where there is no text at all.</summary>
    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        if (IsConditional)
        {
            string? answer = await Condition!.GetValueAsync(context, cancellationToken).ConfigureAwait(false);
            return await Branch(answer).GetValueAsync(context, cancellationToken).ConfigureAwait(false);
        }

        if (Format.Length == 0)
            return null;
        var values = new object?[ValueProviders.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = Written(await ValueProviders[i].GetValueAsync(context, cancellationToken).ConfigureAwait(false), StringFormats[i]);
        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    internal ReferenceExpression Branch(string? answer) =>
        string.Equals(answer, MatchValue, StringComparison.OrdinalIgnoreCase) ? WhenTrue! : WhenFalse!;

    /// <summary>A value as a hole's format wants it.</summary>
    /// <exception cref="NotSupportedException">The format is not one of Aspire's.</exception>
    internal static string? Written(string? value, string? format) => (value, format?.ToLowerInvariant()) switch
    {
        (null, _) or (_, null) => value,
        (_, "uri") => Uri.EscapeDataString(value),
        _ => throw new NotSupportedException($"The format '{format}' is not known to reference expressions; the known one is 'uri'."),
    };

    /// <summary>Text that is to be read literally, as part of a composite format.</summary>
    internal static string Escaped(string text) =>
        text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    // A choice has no text of its own in a manifest; the name stands for it and is the same for the same choice.
    private string ConditionalName
    {
        get
        {
            string condition = Condition is IManifestExpressionProvider provider ? provider.ValueExpression : Condition!.GetType().Name;
            var name = new StringBuilder("cond");
            foreach (string word in condition.Split(['{', '}', '.', '-', ':'], StringSplitOptions.RemoveEmptyEntries))
                name.Append('-').Append(word.ToLowerInvariant());
            byte[] hash = System.Security.Cryptography.SHA256.HashData(
                Encoding.UTF8.GetBytes(string.Join('\n', condition, MatchValue, WhenTrue!.ValueExpression, WhenFalse!.ValueExpression)));
            return $"{name}-{Convert.ToHexStringLower(hash.AsSpan(0, 4))}";
        }
    }

    private static IEnumerable<object> References(object? value) => (value as IValueWithReferences)?.References ?? [];
}
