namespace Lakehouse.DuckDb;

/// <summary>A named part of a struct or a member of a union.</summary>
public sealed record DuckDbField(string Name, DuckDbType Type);
