namespace Lakehouse.Engine;

/// <summary>The engine could not do what was asked; the message names the table, the cause and what to do.</summary>
public class EngineException : Exception
{
    /// <summary>A failure on a table, perhaps at one version or path.</summary>
    public EngineException(string message, string? table = null, long? version = null, string? path = null, Exception? cause = null)
        : base(message, cause)
    {
        Table = table;
        Version = version;
        Path = path;
    }

    /// <summary>The table, as <c>schema.name</c> or a folder.</summary>
    public string? Table { get; }

    /// <summary>The table's version, where one was involved.</summary>
    public long? Version { get; }

    /// <summary>The file, where one was involved.</summary>
    public string? Path { get; }
}

/// <summary>A snapshot names a data file that is not there: it was removed by hand, or by a clean-up while an old version was read.</summary>
public sealed class DataFileMissingException(string table, long version, string path, Exception cause)
    : EngineException($"Table {table}, version {version}: data file {path} is missing. If it was removed by a clean-up, read a newer version.", table, version, path, cause);

/// <summary>Data files could not be written: the disk is full, or the folder may not be written. Nothing was committed, so that the same
/// write may be tried again once that has passed.</summary>
public sealed class DataFileNotWrittenException(string table, string folder, Exception cause)
    : EngineException($"Table {table}: its data files could not be written to {folder}, and nothing was committed. Make room there or let this user write, then write again. {cause.Message}", table, path: folder, cause: cause);

/// <summary>Columns of a write do not fit the table.</summary>
public sealed class SchemaNotAcceptedException(string message, string? table) : EngineException(message, table);

/// <summary>A row breaks a rule of the table: NOT NULL, an invariant, a CHECK constraint, or the expression of a generated column.
/// Nothing was written.</summary>
public sealed class RuleBrokenException(string table, string rule, string text, string row)
    : EngineException($"Table {table}: a row breaks the {rule}, which demands {text}. Nothing was written. The row: {row}", table)
{
    /// <summary>The rule: its kind and name.</summary>
    public string Rule { get; } = rule;

    /// <summary>The row's values as JSON.</summary>
    public string Row { get; } = row;
}

/// <summary>A column's type has no place in a Delta table.</summary>
public sealed class UnsupportedTypeException(string message, string? table = null) : EngineException(message, table);

/// <summary>A merge's source holds a key more than once, so that its outcome would be a matter of chance.</summary>
public sealed class DuplicateKeyException(string table, string key, long times)
    : EngineException($"Merge into {table}: the source holds the key ({key}) {times} times; it must hold each key once. Deduplicate the source, say by row_number() over the key.", table)
{
    /// <summary>The key, as <c>column=value</c> pairs.</summary>
    public string Key { get; } = key;
}

/// <summary>The table cannot be read or written as asked: it is not there, or has the wrong shape for the operation.</summary>
public sealed class TableNotUsableException(string message, string table) : EngineException(message, table);

/// <summary>SQL of our own (a command, a version in a query) is written wrong. Nothing was done.</summary>
public sealed class SqlSyntaxException : EngineException
{
    /// <summary>What is wrong, and where in the text.</summary>
    /// <param name="message">What is wrong, and how it is written.</param>
    /// <param name="sql">The text.</param>
    /// <param name="position">The character, from 0.</param>
    public SqlSyntaxException(string message, string sql, int position)
        : base($"SQL, {Place(sql, position)}: {message}") => Position = position;

    /// <summary>The character of the text, from 0.</summary>
    public int Position { get; }

    private static string Place(string sql, int position)
    {
        ArgumentNullException.ThrowIfNull(sql);
        int line = sql.AsSpan(0, Math.Min(position, sql.Length)).Count('\n') + 1;
        string near = position >= sql.Length ? "at its end" : $"near '{sql[position..Math.Min(sql.Length, position + 20)].Split('\n')[0]}'";
        return $"line {line} {near}";
    }
}
