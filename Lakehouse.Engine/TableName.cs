using System.Diagnostics.CodeAnalysis;

namespace Lakehouse.Engine;

/// <summary>A table of a lake: schema and name, compared without regard to case. The table lies at <c>LAKE/schema/name</c>.</summary>
/// <remarks>Both parts are letters, digits and underscores, and begin with a letter or underscore, so that a name needs no quotes
/// in SQL on any engine and is a folder name on every file system.</remarks>
public readonly record struct TableName
{
    /// <summary>A name of two valid parts.</summary>
    /// <exception cref="ArgumentException">A part is empty or holds other characters.</exception>
    public TableName(string schema, string name)
    {
        if (!IsValidPart(schema) || !IsValidPart(name))
            throw new ArgumentException($"'{schema}.{name}' is not a table name: write schema.table, each of letters, digits and '_', not beginning with a digit.");
        Schema = schema;
        Name = name;
    }

    /// <summary>The schema, as written.</summary>
    public string Schema { get; }

    /// <summary>The table's name within its schema, as written.</summary>
    public string Name { get; }

    /// <summary>The table's folder below the lake: lower case, so that one table has one folder however its name is written.</summary>
    public string Path => $"{Schema.ToLowerInvariant()}/{Name.ToLowerInvariant()}";

    /// <summary>Reads <c>schema.table</c>.</summary>
    /// <exception cref="FormatException">The text is not such a name.</exception>
    public static TableName Parse(string text) => TryParse(text, out var name)
        ? name
        : throw new FormatException($"'{text}' is not a table name: write schema.table, each of letters, digits and '_', not beginning with a digit.");

    /// <summary>Reads <c>schema.table</c>; false when the text is not such a name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TableName name)
    {
        name = default;
        if (text is null) return false;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !IsValidPart(text[..dot]) || !IsValidPart(text[(dot + 1)..])) return false;
        name = new TableName(text[..dot], text[(dot + 1)..]);
        return true;
    }

    /// <summary>True when the text can be a schema's or a table's name.</summary>
    public static bool IsValidPart([NotNullWhen(true)] string? part) =>
        !string.IsNullOrEmpty(part) && !char.IsAsciiDigit(part[0]) && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && part.Length <= 200;

    /// <inheritdoc/>
    public bool Equals(TableName other) =>
        string.Equals(Schema, other.Schema, StringComparison.OrdinalIgnoreCase) && string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(
        StringComparer.OrdinalIgnoreCase.GetHashCode(Schema ?? ""), StringComparer.OrdinalIgnoreCase.GetHashCode(Name ?? ""));

    /// <summary><c>schema.table</c>, as written.</summary>
    public override string ToString() => $"{Schema}.{Name}";
}
