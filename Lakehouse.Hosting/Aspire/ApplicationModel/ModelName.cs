namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The rule for names of resources and endpoints, which end up in host names, environment variables and the names of
/// objects in DCP and Kubernetes: 1 to 64 ASCII letters, digits and hyphens; a letter first; no hyphen last or doubled.
/// </summary>
internal static class ModelName
{
    private const int MaxLength = 64;

    public static void ThrowIfInvalid(string kind, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Fault(name) is { } fault)
            throw new ArgumentException($"{kind} name '{name}' is invalid. {fault}", nameof(name));
    }

    private static string? Fault(string name)
    {
        if (name.Length is < 1 or > MaxLength)
            return $"Name must be between 1 and {MaxLength} characters long.";
        if (name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
            return "Name must contain only ASCII letters, digits, and hyphens.";
        if (!char.IsAsciiLetter(name[0]))
            return "Name must start with an ASCII letter.";
        if (name[^1] == '-')
            return "Name cannot end with a hyphen.";
        return name.Contains("--", StringComparison.Ordinal) ? "Name cannot contain consecutive hyphens." : null;
    }
}
