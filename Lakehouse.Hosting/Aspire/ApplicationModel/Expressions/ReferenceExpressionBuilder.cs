using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Builds a <see cref="ReferenceExpression"/> piece by piece.</summary>
public class ReferenceExpressionBuilder
{
    private readonly StringBuilder _format = new();
    private readonly ExpressionHoles _holes = new(capacity: 4);

    public bool IsEmpty => _format.Length == 0;

    /// <summary>Appends an interpolated string; its handler has already written into this builder.</summary>
    public void Append([InterpolatedStringHandlerArgument("")] in ReferenceExpressionBuilderInterpolatedStringHandler handler)
    {
    }

    public void AppendLiteral(string value) => _format.Append(ReferenceExpression.Escaped(value));

    public void AppendFormatted(string? value) => AppendFormatted(value, format: null);

    public void AppendFormatted(string? value, string? format = null)
    {
        if (value is not null)
            AppendLiteral(ReferenceExpression.Written(value, format)!);
    }

    public void AppendFormatted<T>(T valueProvider)
        where T : IValueProvider, IManifestExpressionProvider => AppendFormatted(valueProvider, format: null);

    public void AppendFormatted<T>(T valueProvider, string? format)
        where T : IValueProvider, IManifestExpressionProvider => _holes.Add(_format, valueProvider, valueProvider, format);

    [Obsolete("ReferenceExpression instances can't be used in interpolated string with a custom format. Duplicate the inner expression in-place.", error: true)]
    public void AppendFormatted(ReferenceExpression valueProvider, string format) => throw ExpressionHoles.NestedFormat();

    /// <exception cref="ArgumentException">The object has no value or no expression.</exception>
    public void AppendValueProvider(object valueProvider, string? format = null)
    {
        object value = valueProvider is IResourceBuilder<IResource> builder ? builder.Resource : valueProvider;
        if (value is not IValueProvider || value is not IManifestExpressionProvider expression)
        {
            throw new ArgumentException(
                $"A {value?.GetType().Name ?? "null"} cannot stand in an expression: it must be an {nameof(IValueProvider)} and an {nameof(IManifestExpressionProvider)}.", nameof(valueProvider));
        }

        _holes.Add(_format, (IValueProvider)value, expression, format);
    }

    public ReferenceExpression Build() => _holes.Build(_format);

    /// <summary>Writes an interpolated string into a builder; the compiler calls it.</summary>
    [InterpolatedStringHandler]
    public ref struct ReferenceExpressionBuilderInterpolatedStringHandler(int literalLength, int formattedCount, ReferenceExpressionBuilder builder)
    {
        private readonly ReferenceExpressionBuilder _builder = Reserve(builder, literalLength + (3 * formattedCount));

        public readonly void AppendLiteral(string value) => _builder.AppendLiteral(value);

        public readonly void AppendFormatted(string? value) => _builder.AppendFormatted(value);

        public void AppendFormatted(string? value, string format) => _builder.AppendFormatted(value, format);

        public void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider);

        public void AppendFormatted<T>(T valueProvider, string? format)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider, format);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource, format);

        [Obsolete("ReferenceExpression instances can't be used in interpolated string with a custom format. Duplicate the inner expression in-place.", error: true)]
        public void AppendFormatted(ReferenceExpression valueProvider, string format) => throw ExpressionHoles.NestedFormat();

        private static ReferenceExpressionBuilder Reserve(ReferenceExpressionBuilder builder, int characters)
        {
            builder._format.EnsureCapacity(builder._format.Length + characters);
            return builder;
        }
    }
}
