namespace Lakehouse.Transform.Jinja;

/// <summary>Builds the statements of a template. Tags that dbt projects cannot use here are refused by name.</summary>
internal sealed class TemplateParser
{
    private const int MaximumDepth = 100;

    private readonly ExpressionParser _in;
    private int _depth;

    private TemplateParser(SourceText source)
    {
        _in = new ExpressionParser(source, Lexer.Tokenize(source));
    }

    public static IReadOnlyList<Statement> Parse(SourceText source) => new TemplateParser(source).ParseBody(opener: null);

    /// <summary>Statements up to a tag named in <paramref name="ends"/> (left untaken behind its name), or to the end.</summary>
    private List<Statement> ParseBody((string Tag, SourceLocation At)? opener, params string[] ends)
    {
        if (++_depth > MaximumDepth)
            throw _in.Error($"tags are nested deeper than {MaximumDepth} levels");
        var body = ParseStatements(opener, ends);
        _depth--;
        return body;
    }

    private List<Statement> ParseStatements((string Tag, SourceLocation At)? opener, string[] ends)
    {
        var body = new List<Statement>();
        while (true)
        {
            var at = _in.At;
            switch (_in.Current.Kind)
            {
                case TokenKind.End when opener is { } open:
                    throw new JinjaException(open.At, $"this '{open.Tag}' is never closed; end it with '{{% {ends[^1]} %}}'");
                case TokenKind.End:
                    return body;
                case TokenKind.Text:
                    body.Add(new TextStatement(_in.Next().Value, at));
                    break;
                case TokenKind.PrintBegin:
                    _in.Next();
                    body.Add(new PrintStatement(_in.ParseTuple(), at));
                    _in.Expect(TokenKind.PrintEnd, "'}}'");
                    break;
                default:
                    _in.Next();
                    if (_in.Current.Kind == TokenKind.Name && ends.Contains(_in.Current.Value))
                        return body;
                    body.Add(ParseTag(at, opener));
                    break;
            }
        }
    }

    private Statement ParseTag(SourceLocation at, (string Tag, SourceLocation At)? opener)
    {
        var tag = _in.ExpectName("a tag's name");
        return tag switch
        {
            "if" => ParseIf(at),
            "for" => ParseFor(at),
            "set" => ParseSet(at),
            "macro" => ParseMacro(at, "endmacro", ""),
            "test" or "data_test" => ParseMacro(at, "end" + tag, "test_"),
            "call" => ParseCall(at),
            "do" => new DoStatement(CloseTag(_in.ParseTuple()), at),
            "filter" => ParseFilterBlock(at),
            "materialization" or "snapshot" or "import" or "from" or "include" or "extends" or "block" =>
                throw new JinjaException(at, $"the tag '{tag}' is not supported; macros of the project are seen by name everywhere"),
            _ when opener is { } open => throw new JinjaException(at, $"unknown tag '{tag}' inside the '{open.Tag}' opened at {open.At}"),
            _ => throw new JinjaException(at, $"unknown tag '{tag}'"),
        };
    }

    private IfStatement ParseIf(SourceLocation at)
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        IReadOnlyList<Statement> otherwise = [];
        do
        {
            var condition = CloseTag(_in.ParseTuple());
            branches.Add((condition, ParseBody(("if", at), "elif", "else", "endif")));
        }
        while (_in.TryTakeName("elif"));
        if (_in.TryTakeName("else"))
        {
            CloseTag();
            otherwise = ParseBody(("if", at), "endif");
        }
        EndTag("endif");
        return new IfStatement(branches, otherwise, at);
    }

    private ForStatement ParseFor(SourceLocation at)
    {
        var targets = ParseTargets();
        if (!_in.TryTakeName("in"))
            throw _in.Expected("'in'");
        var items = _in.ParseTuple(withConditional: false);
        var filter = _in.TryTakeName("if") ? _in.ParseExpression() : null;
        if (_in.IsName("recursive"))
            throw _in.Error("recursive loops are not supported; write a macro that calls itself");
        CloseTag();
        var body = ParseBody(("for", at), "else", "endfor");
        IReadOnlyList<Statement> otherwise = [];
        if (_in.TryTakeName("else"))
        {
            CloseTag();
            otherwise = ParseBody(("for", at), "endfor");
        }
        EndTag("endfor");
        return new ForStatement(targets, items, filter, body, otherwise, at);
    }

    private Statement ParseSet(SourceLocation at)
    {
        var targets = ParseTargets();
        string? attribute = null;
        if (targets.Count == 1 && _in.TryTakeOperator("."))
            attribute = _in.ExpectName("an attribute's name");
        if (_in.TryTakeOperator("="))
            return new SetStatement(targets, attribute, CloseTag(_in.ParseTuple()), at);
        if (targets.Count > 1 || attribute is not null)
            throw _in.Expected("'='");
        var filter = _in.TryTakeOperator("|") ? _in.ParseFilterChain(null) : null;
        CloseTag();
        var body = ParseBody(("set", at), "endset");
        EndTag("endset");
        return new SetBlockStatement(targets[0], filter, body, at);
    }

    private MacroStatement ParseMacro(SourceLocation at, string end, string prefix)
    {
        var name = prefix + _in.ExpectName("a macro's name");
        _in.ExpectOperator("(");
        var parameters = ParseParameters();
        CloseTag();
        var body = ParseBody((end[3..], at), end);
        _in.Next();
        if (_in.Current.Kind == TokenKind.Name) // {% endmacro name %} is allowed
            _in.Next();
        CloseTag();
        return new MacroStatement(new MacroDefinition(name, parameters, body, at), at);
    }

    private CallBlockStatement ParseCall(SourceLocation at)
    {
        var parameters = _in.TryTakeOperator("(") ? ParseParameters() : [];
        if (_in.ParseExpression() is not CallExpression call)
            throw new JinjaException(at, "a call block calls a macro: {% call macro(…) %}");
        CloseTag();
        var body = ParseBody(("call", at), "endcall");
        EndTag("endcall");
        return new CallBlockStatement(new MacroDefinition("caller", parameters, body, at), call, at);
    }

    private FilterBlockStatement ParseFilterBlock(SourceLocation at)
    {
        var filter = _in.ParseFilterChain(null);
        CloseTag();
        var body = ParseBody(("filter", at), "endfilter");
        EndTag("endfilter");
        return new FilterBlockStatement(filter, body, at);
    }

    private List<(string, Expression?)> ParseParameters()
    {
        var parameters = new List<(string Name, Expression? Default)>();
        while (!_in.TryTakeOperator(")"))
        {
            if (parameters.Count > 0)
            {
                _in.ExpectOperator(",");
                if (_in.TryTakeOperator(")"))
                    break;
            }
            var at = _in.At;
            var name = _in.ExpectName("a parameter's name");
            if (parameters.Any(p => p.Name == name))
                throw new JinjaException(at, $"the parameter {name} is declared twice");
            parameters.Add((name, _in.TryTakeOperator("=") ? _in.ParseExpression() : null));
        }
        return parameters;
    }

    private List<string> ParseTargets()
    {
        var parenthesised = _in.TryTakeOperator("(");
        var targets = new List<string> { _in.ExpectName("a variable's name") };
        while (_in.TryTakeOperator(","))
            targets.Add(_in.ExpectName("a variable's name"));
        if (parenthesised)
            _in.ExpectOperator(")");
        return targets;
    }

    private void EndTag(string name)
    {
        if (!_in.TryTakeName(name))
            throw _in.Expected($"'{name}'");
        CloseTag();
    }

    private Expression CloseTag(Expression value)
    {
        CloseTag();
        return value;
    }

    private void CloseTag() => _in.Expect(TokenKind.BlockEnd, "'%}'");
}
