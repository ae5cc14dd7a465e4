namespace Lakehouse.Api.Sandbox;

/// <summary>The SQL of a request cannot run here; the caller has to change it.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="position">UTF-8 byte of the SQL where it is wrong, from 0; null when it concerns the whole text.</param>
/// <param name="hint">What to write instead.</param>
/// <param name="nearTables">For an unknown table: existing ones of much the same name; else null.</param>
public sealed class SqlRejectedException(string message, int? position, string? hint, IReadOnlyList<string>? nearTables = null) : Exception(message)
{
    public int? Position => position;

    public string? Hint => hint;

    public IReadOnlyList<string>? NearTables => nearTables;
}
