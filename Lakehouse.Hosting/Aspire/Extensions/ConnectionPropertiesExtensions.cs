using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>For resources whose connection string builds on another's.</summary>
public static class ConnectionPropertiesExtensions
{
    /// <summary>The properties of the source, with those of the same name replaced, whatever the case, and the others added.</summary>
    public static IEnumerable<KeyValuePair<string, ReferenceExpression>> CombineProperties(this IResourceWithConnectionString source, IEnumerable<KeyValuePair<string, ReferenceExpression>> additional)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(additional);
        var combined = new OrderedDictionary<string, ReferenceExpression>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, ReferenceExpression value) in source.GetConnectionProperties().Concat(additional))
            combined[name] = value;
        return combined;
    }
}
