namespace Lakehouse.Transform.Jinja;

/// <summary>A template's text with its name; turns offsets into lines and columns.</summary>
public sealed class SourceText
{
    private readonly List<int> _lineStarts = [0];

    /// <summary>Takes the text of the file <paramref name="name"/>.</summary>
    public SourceText(string name, string text)
    {
        Name = name;
        // Jinja reads every newline form as \n, and so do the models' checksums: a checkout on Windows changes nothing.
        Text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        for (var i = 0; i < Text.Length; i++)
            if (Text[i] == '\n')
                _lineStarts.Add(i + 1);
    }

    /// <summary>The name used in messages.</summary>
    public string Name { get; }

    /// <summary>The text with newlines as <c>\n</c>.</summary>
    public string Text { get; }

    /// <summary>The line and column of an offset into <see cref="Text"/>.</summary>
    public SourceLocation Locate(int offset)
    {
        var line = _lineStarts.BinarySearch(offset);
        if (line < 0)
            line = ~line - 1;
        return new SourceLocation(Name, line + 1, offset - _lineStarts[line] + 1);
    }
}
