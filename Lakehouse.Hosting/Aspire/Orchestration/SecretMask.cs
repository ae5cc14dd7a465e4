using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Takes the values of secret parameters out of what is shown.</summary>
internal sealed class SecretMask(DistributedApplicationModel model)
{
    public const string Masked = "********";

    /// <summary>A shorter secret is masked only where it is the whole value: its letters would occur everywhere.</summary>
    private const int ShortestInside = 4;

    private readonly Lazy<Task<IReadOnlyList<string>>> _secrets = new(() => ReadAsync(model));

    /// <summary>The text without secrets; parameters without a value are none.</summary>
    public async ValueTask<string?> ApplyAsync(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return text;
        foreach (var secret in await _secrets.Value.ConfigureAwait(false))
        {
            if (text == secret)
                return Masked;
            if (secret.Length >= ShortestInside)
                text = text.Replace(secret, Masked, StringComparison.Ordinal);
        }
        return text;
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(DistributedApplicationModel model)
    {
        var secrets = new List<string>();
        foreach (var parameter in model.Resources.OfType<ParameterResource>().Where(p => p.Secret))
        {
            try
            {
                if (await parameter.GetValueAsync(CancellationToken.None).ConfigureAwait(false) is { Length: > 0 } value)
                    secrets.Add(value);
            }
            catch (DistributedApplicationException)
            {
                // A parameter without a value: whoever needs it fails, not this.
            }
        }
        // The longest first: one may contain another.
        return [.. secrets.OrderByDescending(s => s.Length)];
    }
}
