using System.Globalization;
using System.Text;

namespace Lakehouse.Transform.Jinja;

/// <summary>
/// Splits a template into text, tags and the tokens inside tags. Whitespace control (<c>{%-</c>, <c>-%}</c>), comments and
/// <c>raw</c> blocks are settled here; a trailing newline of the template is dropped, as Jinja does by default.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] Operators =
        ["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"];

    private readonly SourceText _source;
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _position;
    private bool _trimNextText;

    private Lexer(SourceText source)
    {
        _source = source;
        _text = source.Text.EndsWith('\n') ? source.Text[..^1] : source.Text;
    }

    public static List<Token> Tokenize(SourceText source)
    {
        var lexer = new Lexer(source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_position < _text.Length)
        {
            var tag = NextTag(_position);
            if (tag < 0)
            {
                AddText(_text[_position..], trimEnd: false);
                break;
            }
            var trimEnd = tag + 2 < _text.Length && _text[tag + 2] == '-';
            AddText(_text[_position..tag], trimEnd);
            switch (_text[tag + 1])
            {
                case '#':
                    SkipComment(tag);
                    break;
                case '%' when TryReadRaw(tag):
                    break;
                default:
                    ReadTag(tag);
                    break;
            }
        }
        _tokens.Add(new Token(TokenKind.End, "", _text.Length));
    }

    private int NextTag(int from)
    {
        for (var i = from; i + 1 < _text.Length; i++)
            if (_text[i] == '{' && _text[i + 1] is '{' or '%' or '#')
                return i;
        return -1;
    }

    private void AddText(string text, bool trimEnd)
    {
        var offset = _position;
        if (_trimNextText)
            text = text.TrimStart();
        if (trimEnd)
            text = text.TrimEnd();
        _trimNextText = false;
        if (text.Length > 0)
            _tokens.Add(new Token(TokenKind.Text, text, offset));
    }

    private void SkipComment(int tag)
    {
        var end = _text.IndexOf("#}", tag + 2, StringComparison.Ordinal);
        if (end < 0)
            throw Error(tag, "this comment is never closed; end it with '#}'");
        _trimNextText = end > tag + 2 && _text[end - 1] == '-';
        _position = end + 2;
    }

    /// <summary>Reads <c>{% raw %}…{% endraw %}</c> as text.</summary>
    private bool TryReadRaw(int tag)
    {
        if (!TryMatchBareTag(tag, "raw", out var bodyStart, out _, out var trimBodyStart))
            return false;
        for (var i = _text.IndexOf("{%", bodyStart, StringComparison.Ordinal); i >= 0; i = _text.IndexOf("{%", i + 2, StringComparison.Ordinal))
        {
            if (!TryMatchBareTag(i, "endraw", out var after, out var trimBodyEnd, out var trimAfter))
                continue;
            var body = _text[bodyStart..i];
            if (trimBodyStart)
                body = body.TrimStart();
            if (trimBodyEnd)
                body = body.TrimEnd();
            if (body.Length > 0)
                _tokens.Add(new Token(TokenKind.Text, body, bodyStart));
            _trimNextText = trimAfter;
            _position = after;
            return true;
        }
        throw Error(tag, "this raw block is never closed; end it with '{% endraw %}'");
    }

    private bool TryMatchBareTag(int tag, string name, out int after, out bool trimBefore, out bool trimAfter)
    {
        after = 0;
        trimAfter = false;
        var i = tag + 2;
        trimBefore = i < _text.Length && _text[i] == '-';
        if (i < _text.Length && _text[i] is '-' or '+')
            i++;
        i = SkipWhitespace(i);
        if (string.CompareOrdinal(_text, i, name, 0, name.Length) != 0)
            return false;
        i = SkipWhitespace(i + name.Length);
        if (i < _text.Length && _text[i] is '-' or '+')
        {
            trimAfter = _text[i] == '-';
            i++;
        }
        if (string.CompareOrdinal(_text, i, "%}", 0, 2) != 0)
            return false;
        after = i + 2;
        return true;
    }

    private void ReadTag(int tag)
    {
        var print = _text[tag + 1] == '{';
        var close = print ? "}}" : "%}";
        _tokens.Add(new Token(print ? TokenKind.PrintBegin : TokenKind.BlockBegin, _text.Substring(tag, 2), tag));
        _position = tag + 2;
        if (_position < _text.Length && _text[_position] is '-' or '+')
            _position++;
        var open = new Stack<char>();
        while (true)
        {
            _position = SkipWhitespace(_position);
            if (_position >= _text.Length)
                throw Error(tag, $"this tag is never closed; end it with '{close}'");
            if (open.Count == 0 && TryClose(close, print))
                return;
            ReadToken(open);
        }
    }

    private bool TryClose(string close, bool print)
    {
        var start = _position;
        var signed = _text[start] is '-' or '+';
        if (string.CompareOrdinal(_text, signed ? start + 1 : start, close, 0, 2) != 0)
            return false;
        _trimNextText = _text[start] == '-';
        _position = start + (signed ? 3 : 2);
        _tokens.Add(new Token(print ? TokenKind.PrintEnd : TokenKind.BlockEnd, close, start));
        return true;
    }

    private void ReadToken(Stack<char> open)
    {
        var c = _text[_position];
        if (c is '\'' or '"')
            ReadString(c);
        else if (char.IsAsciiDigit(c))
            ReadNumber();
        else if (char.IsLetter(c) || c == '_')
            ReadName();
        else
            ReadOperator(open);
    }

    private void ReadName()
    {
        var start = _position;
        while (_position < _text.Length && (char.IsLetterOrDigit(_text[_position]) || _text[_position] == '_'))
            _position++;
        _tokens.Add(new Token(TokenKind.Name, _text[start.._position], start));
    }

    private void ReadNumber()
    {
        var start = _position;
        SkipDigits();
        var real = false;
        if (_position + 1 < _text.Length && _text[_position] == '.' && char.IsAsciiDigit(_text[_position + 1]))
        {
            real = true;
            _position++;
            SkipDigits();
        }
        if (_position < _text.Length && _text[_position] is 'e' or 'E')
        {
            var mark = _position++;
            if (_position < _text.Length && _text[_position] is '+' or '-')
                _position++;
            if (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
            {
                real = true;
                SkipDigits();
            }
            else
            {
                _position = mark;
            }
        }
        var digits = _text[start.._position].Replace("_", "", StringComparison.Ordinal);
        if (!real && !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw Error(start, $"the number {digits} does not fit 64 bits");
        _tokens.Add(new Token(real ? TokenKind.Float : TokenKind.Integer, digits, start));
    }

    private void SkipDigits()
    {
        while (_position < _text.Length && (char.IsAsciiDigit(_text[_position]) || _text[_position] == '_'))
            _position++;
    }

    private void ReadString(char quote)
    {
        var start = _position++;
        var value = new StringBuilder();
        while (true)
        {
            if (_position >= _text.Length)
                throw Error(start, "this string is never closed");
            var c = _text[_position++];
            if (c == quote)
                break;
            if (c == '\\' && _position < _text.Length)
                AppendEscape(value, start);
            else
                value.Append(c);
        }
        _tokens.Add(new Token(TokenKind.String, value.ToString(), start));
    }

    private void AppendEscape(StringBuilder value, int start)
    {
        var c = _text[_position++];
        switch (c)
        {
            case 'n': value.Append('\n'); break;
            case 't': value.Append('\t'); break;
            case 'r': value.Append('\r'); break;
            case '0': value.Append('\0'); break;
            case '\n': break;
            case '\\' or '\'' or '"': value.Append(c); break;
            case 'x': AppendCodeUnit(value, 2, start); break;
            case 'u': AppendCodeUnit(value, 4, start); break;
            default: value.Append('\\').Append(c); break; // Python keeps an escape it does not know, which regular expressions rely on
        }
    }

    private void AppendCodeUnit(StringBuilder value, int digits, int start)
    {
        if (_position + digits > _text.Length
            || !ushort.TryParse(_text.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
        {
            throw Error(start, $"this string has an escape without its {digits} hexadecimal digits");
        }
        value.Append((char)unit);
        _position += digits;
    }

    private void ReadOperator(Stack<char> open)
    {
        foreach (var op in Operators)
        {
            if (string.CompareOrdinal(_text, _position, op, 0, op.Length) != 0)
                continue;
            if (op is "(" or "[" or "{")
                open.Push(op switch { "(" => ')', "[" => ']', _ => '}' });
            else if (op is ")" or "]" or "}" && (!open.TryPop(out var expected) || expected != op[0]))
                throw Error(_position, $"'{op}' closes nothing that is open here");
            _tokens.Add(new Token(TokenKind.Operator, op, _position));
            _position += op.Length;
            return;
        }
        throw Error(_position, $"the character '{_text[_position]}' has no meaning inside a tag");
    }

    private int SkipWhitespace(int from)
    {
        while (from < _text.Length && char.IsWhiteSpace(_text[from]))
            from++;
        return from;
    }

    private JinjaException Error(int offset, string problem) => new(_source.Locate(offset), problem);
}
