using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Where parameters and connection strings get their values.</summary>
internal static class ParameterValues
{
    public static string Key(string name) => $"Parameters:{name}";

    /// <summary>The configured value, or the default. Environment variables cannot have hyphens: underscores stand for them.</summary>
    /// <exception cref="MissingParameterValueException">There is neither.</exception>
    public static string Get(IConfiguration configuration, string key, string name, ParameterDefault? value) =>
        configuration[key] ?? configuration[key.Replace('-', '_')] ?? value?.GetDefaultValue() ?? throw new MissingParameterValueException(
            $"The parameter '{name}' has no value: set {key} in the AppHost's configuration, for example as the environment variable {key.Replace(":", "__", StringComparison.Ordinal).Replace('-', '_')}.");

    /// <exception cref="MissingParameterValueException">It is not configured.</exception>
    public static string GetConnectionString(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) ?? configuration.GetConnectionString(name.Replace('-', '_')) ?? throw new MissingParameterValueException(
            $"The connection string '{name}' is missing: set ConnectionStrings:{name} in the AppHost's configuration, for example as the environment variable ConnectionStrings__{name.Replace('-', '_')}.");
}

/// <summary>A connection string that configuration gives.</summary>
internal sealed class ConnectionStringParameterResource : ParameterResource, IResourceWithConnectionString
{
    public ConnectionStringParameterResource(string name, Func<ParameterDefault?, string> callback, string? environmentVariableName)
        : base(name, callback, secret: true)
    {
        IsConnectionString = true;
        ConnectionStringEnvironmentVariable = environmentVariableName;
    }

    public string? ConnectionStringEnvironmentVariable { get; }

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{(ParameterResource)this}");

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => base.GetValueAsync(cancellationToken);

    ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken) => base.GetValueAsync(cancellationToken);
}
