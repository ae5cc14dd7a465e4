namespace Lakehouse.Transform.Jinja;

/// <summary>A statement of the template language with its place in the source.</summary>
internal abstract record Statement(SourceLocation At);

internal sealed record TextStatement(string Text, SourceLocation At) : Statement(At);

internal sealed record PrintStatement(Expression Value, SourceLocation At) : Statement(At);

internal sealed record IfStatement(
    IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches,
    IReadOnlyList<Statement> Else,
    SourceLocation At) : Statement(At);

internal sealed record ForStatement(
    IReadOnlyList<string> Targets,
    Expression Items,
    Expression? Filter,
    IReadOnlyList<Statement> Body,
    IReadOnlyList<Statement> Else,
    SourceLocation At) : Statement(At);

/// <summary><c>{% set a, b = value %}</c>, or <c>{% set ns.attribute = value %}</c> where <paramref name="Attribute"/> is given.</summary>
internal sealed record SetStatement(IReadOnlyList<string> Targets, string? Attribute, Expression Value, SourceLocation At) : Statement(At);

/// <summary><c>{% set a %}…{% endset %}</c>, with the filters written behind the name.</summary>
internal sealed record SetBlockStatement(string Target, FilterExpression? Filter, IReadOnlyList<Statement> Body, SourceLocation At) : Statement(At);

internal sealed record MacroStatement(MacroDefinition Macro, SourceLocation At) : Statement(At);

/// <summary><c>{% call(parameters) macro(…) %}…{% endcall %}</c>; the body is the macro's <c>caller</c>.</summary>
internal sealed record CallBlockStatement(MacroDefinition Caller, CallExpression Call, SourceLocation At) : Statement(At);

internal sealed record DoStatement(Expression Value, SourceLocation At) : Statement(At);

internal sealed record FilterBlockStatement(FilterExpression Filter, IReadOnlyList<Statement> Body, SourceLocation At) : Statement(At);

/// <summary>A macro's name, parameters and body. dbt's <c>{% test %}</c> blocks are macros named <c>test_NAME</c>.</summary>
internal sealed record MacroDefinition(
    string Name,
    IReadOnlyList<(string Name, Expression? Default)> Parameters,
    IReadOnlyList<Statement> Body,
    SourceLocation At);
