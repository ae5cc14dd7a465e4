namespace Lakehouse.Api.Sandbox;

/// <summary>A column of a result: its name and its SQL type, such as <c>DECIMAL(12,2)</c>.</summary>
public sealed record SqlColumn(string Name, string Type);
