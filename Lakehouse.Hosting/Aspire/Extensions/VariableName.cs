namespace Aspire.Hosting;

/// <summary>Names of resources and endpoints as parts of environment variables' names.</summary>
internal static class VariableName
{
    /// <summary>Letters, digits and underscores stay; everything else becomes an underscore, and a leading digit gets one in front.</summary>
    public static string Encode(string name) =>
        (name.Length > 0 && char.IsAsciiDigit(name[0]) ? "_" : "") + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}
