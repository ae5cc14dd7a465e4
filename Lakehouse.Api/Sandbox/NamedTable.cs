namespace Lakehouse.Api.Sandbox;

/// <summary>A table as a query writes it. <paramref name="Position"/> is the byte of the SQL where it stands, where known.</summary>
public sealed record NamedTable(string? Catalog, string? Schema, string Name, int? Position)
{
    public override string ToString() => string.Join('.', new[] { Catalog, Schema, Name }.Where(part => part is not null));
}
