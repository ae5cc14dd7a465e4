using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Turns what stands in arguments and variables into text, as seen by one resource.</summary>
internal sealed class ValueResolver(IResource caller, DistributedApplicationExecutionContext executionContext)
{
    /// <summary>The value in run mode, waiting for it; the expression in publish mode. Null where there is none.</summary>
    public ValueTask<string?> ResolveAsync(object? value, CancellationToken cancellationToken)
    {
        return Unwrapped(value) switch
        {
            null => new((string?)null),
            string text => new(text),
            IManifestExpressionProvider expression when executionContext.IsPublishMode => new(expression.ValueExpression),
            IValueProvider provider when executionContext.IsRunMode => provider.GetValueAsync(
                new() { ExecutionContext = executionContext, Caller = caller }, cancellationToken),
            IFormattable formattable => new(formattable.ToString(null, CultureInfo.InvariantCulture)),
            var other => new(other.ToString()),
        };
    }

    /// <summary>Whether a secret parameter is in it.</summary>
    public static bool IsSensitive(object? value) => Unwrapped(value) switch
    {
        ParameterResource parameter => parameter.Secret,
        ReferenceExpression { IsConditional: true } choice => IsSensitive(choice.WhenTrue) || IsSensitive(choice.WhenFalse),
        ReferenceExpression expression => expression.ValueProviders.Any(IsSensitive),
        ConnectionStringReference reference => IsSensitive(reference.Resource),
        IResourceWithConnectionString resource => IsSensitive(resource.ConnectionStringExpression),
        _ => false,
    };

    private static object? Unwrapped(object? value) => value is IResourceBuilder<IResource> builder ? builder.Resource : value;
}
