using System.Globalization;

namespace Lakehouse.Transform.Jinja;

/// <summary>
/// Recursive descent over the tokens inside tags, with Jinja's own precedence: conditional, or, and, not, comparison,
/// sum, concatenation, product, power, sign, postfix, filter.
/// </summary>
internal sealed class ExpressionParser(SourceText source, List<Token> tokens)
{
    // Deep enough for any query a person writes; a bound because each level costs stack.
    private const int MaximumDepth = 100;

    private int _depth;

    public int Position { get; private set; }

    public Token Current => tokens[Position];

    public SourceLocation At => source.Locate(Current.Offset);

    public Token Next() => tokens[Position++];

    public bool IsOperator(string op) => Current.Kind == TokenKind.Operator && Current.Value == op;

    public bool IsName(string name) => Current.Kind == TokenKind.Name && Current.Value == name;

    public bool TryTakeOperator(string op) => IsOperator(op) && Advance();

    public bool TryTakeName(string name) => IsName(name) && Advance();

    public void ExpectOperator(string op)
    {
        if (!TryTakeOperator(op))
            throw Expected($"'{op}'");
    }

    public string ExpectName(string what)
    {
        if (Current.Kind != TokenKind.Name)
            throw Expected(what);
        return Next().Value;
    }

    public void Expect(TokenKind kind, string what)
    {
        if (Current.Kind != kind)
            throw Expected(what);
        Position++;
    }

    public JinjaException Expected(string what) => Error($"expected {what}, found {Current}");

    public JinjaException Error(string problem) => new(At, problem);

    /// <summary>An expression; at the top level of a tag a comma makes it a list (Python's tuple).</summary>
    public Expression ParseTuple(bool withConditional = true)
    {
        var at = At;
        var first = withConditional ? ParseExpression() : ParseOr();
        if (!IsOperator(","))
            return first;
        var items = new List<Expression> { first };
        while (TryTakeOperator(",") && StartsExpression())
            items.Add(withConditional ? ParseExpression() : ParseOr());
        return new ListExpression(items, at);
    }

    public Expression ParseExpression()
    {
        if (++_depth > MaximumDepth)
            throw Error($"this expression is nested deeper than {MaximumDepth} levels");
        var value = ParseOr();
        while (IsName("if"))
        {
            var at = At;
            Position++;
            var condition = ParseOr();
            value = new ConditionalExpression(value, condition, TryTakeName("else") ? ParseExpression() : null, at);
        }
        _depth--;
        return value;
    }

    private Expression ParseOr()
    {
        var left = ParseAnd();
        while (IsName("or"))
            left = new BinaryExpression("or", left, TakeThen(ParseAnd, out var at), at);
        return left;
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (IsName("and"))
            left = new BinaryExpression("and", left, TakeThen(ParseNot, out var at), at);
        return left;
    }

    private Expression ParseNot()
    {
        if (!IsName("not"))
            return ParseComparison();
        if (++_depth > MaximumDepth)
            throw Error($"this expression is nested deeper than {MaximumDepth} levels");
        var operand = TakeThen(ParseNot, out var at);
        _depth--;
        return new UnaryExpression("not", operand, at);
    }

    private Expression ParseComparison()
    {
        var at = At;
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (TryTakeComparison(out var op))
            rest.Add((op, ParseSum()));
        return rest.Count == 0 ? first : new CompareExpression(first, rest, at);
    }

    private bool TryTakeComparison(out string op)
    {
        op = "";
        if (Current is { Kind: TokenKind.Operator, Value: "==" or "!=" or "<" or "<=" or ">" or ">=" })
            op = Next().Value;
        else if (TryTakeName("in"))
            op = "in";
        else if (IsName("not") && tokens[Position + 1] is { Kind: TokenKind.Name, Value: "in" })
        {
            Position += 2;
            op = "not in";
        }
        return op.Length > 0;
    }

    private Expression ParseSum() => ParseLeftAssociative(ParseConcatenation, "+", "-");

    private Expression ParseConcatenation() => ParseLeftAssociative(ParseProduct, "~");

    private Expression ParseProduct() => ParseLeftAssociative(ParsePower, "*", "/", "//", "%");

    private Expression ParsePower() => ParseLeftAssociative(() => ParseUnary(withFilters: true), "**");

    private Expression ParseLeftAssociative(Func<Expression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        while (Current.Kind == TokenKind.Operator && operators.Contains(Current.Value))
        {
            var op = Current.Value;
            left = new BinaryExpression(op, left, TakeThen(operand, out var at), at);
        }
        return left;
    }

    private Expression ParseUnary(bool withFilters)
    {
        Expression value;
        if (Current is { Kind: TokenKind.Operator, Value: "-" or "+" })
        {
            var op = Current.Value;
            if (++_depth > MaximumDepth)
                throw Error($"this expression is nested deeper than {MaximumDepth} levels");
            var operand = TakeThen(() => ParseUnary(withFilters: false), out var at);
            _depth--;
            value = new UnaryExpression(op, operand, at);
        }
        else
        {
            value = ParsePrimary();
        }
        value = ParsePostfix(value);
        return withFilters ? ParseFilters(value) : value;
    }

    private Expression ParsePrimary()
    {
        var at = At;
        var token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Value switch
                {
                    "true" or "True" => new LiteralExpression(true, at),
                    "false" or "False" => new LiteralExpression(false, at),
                    "none" or "None" => new LiteralExpression(null, at),
                    _ => new NameExpression(token.Value, at),
                };
            case TokenKind.String:
                var text = token.Value;
                while (Current.Kind == TokenKind.String) // neighbours join, as in Python
                    text += Next().Value;
                return new LiteralExpression(text, at);
            case TokenKind.Integer:
                return new LiteralExpression(long.Parse(token.Value, CultureInfo.InvariantCulture), at);
            case TokenKind.Float:
                return new LiteralExpression(double.Parse(token.Value, CultureInfo.InvariantCulture), at);
            case TokenKind.Operator when token.Value == "(":
                if (TryTakeOperator(")"))
                    return new ListExpression([], at);
                var inner = ParseTuple();
                ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Value == "[":
                return new ListExpression(ParseItems("]", ParseExpression), at);
            case TokenKind.Operator when token.Value == "{":
                return new DictExpression(ParseItems("}", ParseEntry), at);
            default:
                Position--;
                throw Expected("an expression");
        }
    }

    private List<T> ParseItems<T>(string close, Func<T> parseItem)
    {
        var items = new List<T>();
        while (!TryTakeOperator(close))
        {
            if (items.Count > 0)
            {
                if (!TryTakeOperator(","))
                    throw Expected($"',' or '{close}'");
                if (TryTakeOperator(close))
                    break;
            }
            items.Add(parseItem());
        }
        return items;
    }

    private (Expression, Expression) ParseEntry()
    {
        var key = ParseExpression();
        ExpectOperator(":");
        return (key, ParseExpression());
    }

    private Expression ParsePostfix(Expression value)
    {
        while (true)
        {
            var at = At;
            if (TryTakeOperator("."))
                value = Current.Kind == TokenKind.Integer
                    ? new IndexExpression(value, new LiteralExpression(long.Parse(Next().Value, CultureInfo.InvariantCulture), at), at)
                    : new AttributeExpression(value, ExpectName("an attribute's name"), at);
            else if (TryTakeOperator("["))
                value = ParseSubscript(value, at);
            else if (TryTakeOperator("("))
                value = new CallExpression(value, ParseArguments(), value.At);
            else
                return value;
        }
    }

    private Expression ParseSubscript(Expression target, SourceLocation at)
    {
        var start = IsOperator(":") ? null : ParseExpression();
        if (TryTakeOperator("]"))
            return new IndexExpression(target, start!, at);
        ExpectOperator(":");
        var stop = IsOperator("]") || IsOperator(":") ? null : ParseExpression();
        var step = TryTakeOperator(":") && !IsOperator("]") ? ParseExpression() : null;
        ExpectOperator("]");
        return new SliceExpression(target, start, stop, step, at);
    }

    /// <summary>Arguments up to the closing parenthesis; the opening one is taken.</summary>
    private ArgumentList ParseArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? star = null, doubleStar = null;
        ParseItems(")", () =>
        {
            if (TryTakeOperator("**"))
                doubleStar = ParseExpression();
            else if (TryTakeOperator("*"))
                star = ParseExpression();
            else if (Current.Kind == TokenKind.Name && tokens[Position + 1] is { Kind: TokenKind.Operator, Value: "=" })
            {
                var name = Next().Value;
                Position++;
                if (named.Any(n => n.Item1 == name))
                    throw Error($"the argument {name} is given twice");
                named.Add((name, ParseExpression()));
            }
            else if (named.Count > 0)
                throw Error("an argument without a name follows one with a name");
            else
                positional.Add(ParseExpression());
            return true;
        });
        return new ArgumentList(positional, named, star, doubleStar);
    }

    private Expression ParseFilters(Expression value)
    {
        while (true)
        {
            if (IsOperator("|"))
                value = ParseFilter(value);
            else if (IsName("is"))
                value = ParseTest(value);
            else if (IsOperator("("))
            {
                var at = At;
                Position++;
                value = new CallExpression(value, ParseArguments(), at);
            }
            else
                return value;
        }
    }

    /// <summary>One or more filters behind <c>|</c>; <paramref name="input"/> is null in blocks, whose body is the input.</summary>
    public FilterExpression ParseFilterChain(Expression? input)
    {
        var filter = ParseFilterCall(input);
        while (IsOperator("|"))
            filter = ParseFilter(filter);
        return filter;
    }

    private FilterExpression ParseFilter(Expression? input)
    {
        ExpectOperator("|");
        return ParseFilterCall(input);
    }

    private FilterExpression ParseFilterCall(Expression? input)
    {
        var at = At;
        var name = ExpectName("a filter's name");
        return new FilterExpression(input, name, TryTakeOperator("(") ? ParseArguments() : ArgumentList.Empty, at);
    }

    private TestExpression ParseTest(Expression value)
    {
        Position++; // is
        var negated = TryTakeName("not");
        var at = At;
        var name = ExpectName("a test's name");
        var arguments = ArgumentList.Empty;
        if (TryTakeOperator("("))
            arguments = ParseArguments();
        else if (StartsTestArgument())
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        return new TestExpression(value, name, arguments, negated, at);
    }

    private bool StartsTestArgument() => Current.Kind switch
    {
        TokenKind.Name => Current.Value is not ("else" or "or" or "and" or "is" or "if" or "not" or "in" or "recursive"),
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        TokenKind.Operator => Current.Value is "[" or "{",
        _ => false,
    };

    private bool StartsExpression() => Current.Kind switch
    {
        TokenKind.Name => !IsName("in"),
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        TokenKind.Operator => Current.Value is "(" or "[" or "{" or "-" or "+",
        _ => false,
    };

    private Expression TakeThen(Func<Expression> parse, out SourceLocation at)
    {
        at = At;
        Position++;
        return parse();
    }

    private bool Advance()
    {
        Position++;
        return true;
    }
}
