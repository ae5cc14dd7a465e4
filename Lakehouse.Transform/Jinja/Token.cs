namespace Lakehouse.Transform.Jinja;

internal enum TokenKind
{
    Text,
    PrintBegin,
    PrintEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A piece of a template. <paramref name="Value"/> is the decoded text: a string's content without quotes and escapes.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int Offset)
{
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.PrintEnd => "'}}'",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.String => $"the string '{Value}'",
        TokenKind.Text => "text",
        _ => $"'{Value}'",
    };
}
