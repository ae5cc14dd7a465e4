namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that whoever runs or deploys the application gives: configuration <c>Parameters:{name}</c>.</summary>
public class ParameterResource : Resource, IExpressionValue
{
    private readonly Lazy<string> _value;

    /// <param name="name">The parameter's name.</param>
    /// <param name="callback">Gives the value; called once, with the default there is by then.</param>
    /// <param name="secret">Whether the value is masked and never written to a manifest.</param>
    public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _value = new(() => callback(Default));
        Secret = secret;
    }

    public ParameterDefault? Default { get; set; }

    public bool Secret { get; }

    /// <summary>Read from <c>ConnectionStrings:{name}</c> instead.</summary>
    public bool IsConnectionString { get; set; }

    /// <summary>What it is for, for those who are asked for a value.</summary>
    public string? Description { get; set; }

    public bool EnableDescriptionMarkdown { get; set; }

    /// <exception cref="MissingParameterValueException">Nobody gave a value and there is no default.</exception>
    [Obsolete("Use GetValueAsync for async access or pass the ParameterResource directly to methods that accept it (e.g., environment variables).")]
    public string Value => _value.Value;

    public string ValueExpression => $"{{{Name}.value}}";

    /// <inheritdoc cref="GetValueAsync(CancellationToken)"/>
    public ValueTask<string?> GetValueAsync(ValueProviderContext _, CancellationToken cancellationToken) => GetValueAsync(cancellationToken);

    /// <summary>The value.</summary>
    /// <exception cref="MissingParameterValueException">Nobody gave a value and there is no default.</exception>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_value.Value);
    }
}
