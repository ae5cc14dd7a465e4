namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something with a value that may only be known once the application runs.</summary>
public interface IValueProvider
{
    /// <summary>The value; waits until it is known.</summary>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);

    /// <summary>The value as the reader in <paramref name="context"/> sees it: a container knows other host names than a process.</summary>
    ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) => GetValueAsync(cancellationToken);
}

/// <summary>Something that a manifest names by an expression such as <c>{postgres.bindings.tcp.port}</c>.</summary>
public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

/// <summary>Something that has a value when it runs and an expression when it is published.</summary>
public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;

/// <summary>Something that is made of other things, which may be resources.</summary>
public interface IValueWithReferences
{
    IEnumerable<object> References { get; }
}
