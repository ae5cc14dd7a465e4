using System.Text;

namespace Aspire.Hosting;

/// <summary>Splits a command line as shells do: at spaces, except in double quotes; a backslash before a quote makes it a character.</summary>
internal static class CommandLine
{
    public static IReadOnlyList<string> Split(string text)
    {
        var arguments = new List<string>();
        var current = new StringBuilder();
        bool isQuoted = false, isArgument = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && i + 1 < text.Length && text[i + 1] == '"')
            {
                current.Append(text[++i]);
                isArgument = true;
            }
            else if (c == '"')
            {
                isQuoted = !isQuoted;
                isArgument = true;
            }
            else if (char.IsWhiteSpace(c) && !isQuoted)
            {
                Add();
            }
            else
            {
                current.Append(c);
                isArgument = true;
            }
        }

        Add();
        return arguments;

        void Add()
        {
            if (isArgument)
                arguments.Add(current.ToString());
            current.Clear();
            isArgument = false;
        }
    }
}
