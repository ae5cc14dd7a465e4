using System.Text;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.Dcp;

/// <summary>How to reach a DCP that runs: its address, the token it accepts and the authority of its certificate.</summary>
internal sealed partial record DcpKubeconfig(string Server, string Token, string AuthorityPem)
{
    /// <summary>Reads the file DCP writes at start; null while it is absent or not complete yet.</summary>
    public static DcpKubeconfig? TryRead(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
        // One cluster and one user, each value on its own line: reading YAML would bring nothing more.
        var values = Scalar().Matches(text).ToLookup(m => m.Groups["key"].Value, m => m.Groups["value"].Value);
        if (values["server"].FirstOrDefault() is not { } server || values["token"].FirstOrDefault() is not { } token
            || values["certificate-authority-data"].FirstOrDefault() is not { } authority)
            return null;
        return new DcpKubeconfig(server, token, Encoding.UTF8.GetString(Convert.FromBase64String(authority)));
    }

    [GeneratedRegex(@"^[\s-]*(?<key>server|token|certificate-authority-data):[ \t]*(?<value>\S+)[ \t]*\r?\n", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Scalar();
}
