namespace Aspire.Hosting.ApplicationModel;

/// <summary>How the dashboard offers a command.</summary>
public class CommandOptions
{
    public string? Description { get; set; }

    [Obsolete("Use Arguments to describe invocation arguments and ExecuteCommandContext.Arguments to read them.")]
    public object? Parameter
    {
        get => LegacyParameter;
        set => LegacyParameter = value;
    }

    /// <summary>Asked before it runs; null for no question.</summary>
    public string? ConfirmationMessage { get; set; }

    /// <summary>The name of a Fluent UI icon.</summary>
    public string? IconName { get; set; }

    public IconVariant? IconVariant { get; set; }

    /// <summary>Shown beside the resource and not only in its menu.</summary>
    public bool IsHighlighted { get; set; }

    /// <summary>Decides after each change of the resource whether the command may run; always by default.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }

    public ResourceCommandVisibility Visibility { get; set; } = ResourceCommandVisibility.UI | ResourceCommandVisibility.Api;

    internal object? LegacyParameter { get; private set; }
}
