namespace Lakehouse.DuckDb;

/// <summary>A value of a UNION: which member it is, and that member's value.</summary>
public sealed record DuckDbUnion(string Tag, object? Value);
