using System.Text;
using System.Text.Json;

namespace Lakehouse.DuckDb.Native;

/// <summary>
/// Turns DuckDB's error text into a <see cref="DuckDbException"/>. Databases are opened with `errors_as_json`, which
/// gives the exact byte position and the candidates; where a caller switched that off, the printed
/// `LINE n: … ^` is read instead.
/// </summary>
internal static class ErrorText
{
    /// <param name="text">DuckDB's message, JSON or plain.</param>
    /// <param name="sql">What was run, to say where it is wrong; null when there is no SQL.</param>
    /// <param name="type">The type the API gave, used when the text has none.</param>
    internal static DuckDbException Read(string text, string? sql, DuckDbErrorType type = DuckDbErrorType.Unknown) =>
        (JsonPart(text) is { } json ? ReadJson(json, sql, type) : null) ?? ReadPlain(text, sql, type);

    /// <summary>The same for a statement that runs: an interrupt that the caller asked for is a cancellation.</summary>
    internal static Exception Read(string text, string? sql, DuckDbErrorType type, CancellationToken cancellation)
    {
        var error = Read(text, sql, type);
        return error.ErrorType == DuckDbErrorType.Interrupt && cancellation.IsCancellationRequested
            ? new OperationCanceledException("The statement was cancelled.", error, cancellation)
            : error;
    }

    /// <summary>The JSON, which parser errors carry behind `Parser Error: `.</summary>
    private static string? JsonPart(string text)
    {
        if (text.StartsWith('{')) return text;
        var colon = text.IndexOf(" Error: {", StringComparison.Ordinal);
        return colon > 0 && TypeOf(text[..colon]) != DuckDbErrorType.Unknown ? text[(colon + 8)..] : null;
    }

    private static DuckDbException? ReadJson(string text, string? sql, DuckDbErrorType type)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (Property(json, "exception_message") is not { } message) return null;
            var name = Property(json, "exception_type") ?? "";
            var read = TypeOf(name);
            if (read != DuckDbErrorType.Unknown) type = read;
            int? position = sql is not null && Property(json, "position") is { } p && int.TryParse(p, out var bytes) ? Characters(sql, bytes) : null;
            var hint = Hint(message, Property(json, "candidates"));
            var full = name.Length > 0 ? $"{name} Error: {message}" : message;
            return new DuckDbException(type, position is { } at ? full + Excerpt(sql!, at) : full, position, hint);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Property(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DuckDbException ReadPlain(string text, string? sql, DuckDbErrorType type)
    {
        var colon = text.IndexOf(" Error: ", StringComparison.Ordinal);
        if (colon > 0 && TypeOf(text[..colon]) is var read and not DuckDbErrorType.Unknown) type = read;
        return new DuckDbException(type, text.Length > 0 ? text : "DuckDB failed without saying why.", sql is null ? null : CaretPosition(text, sql), Hint(text, null));
    }

    /// <summary>The type that DuckDB's name for it stands for ("Binder", "Out of Range", "IO"…).</summary>
    private static DuckDbErrorType TypeOf(string name) => name switch
    {
        "TransactionContext" => DuckDbErrorType.Transaction,
        "Invalid Input" => DuckDbErrorType.InvalidInput,
        "INTERRUPT" => DuckDbErrorType.Interrupt,
        "FATAL" => DuckDbErrorType.Fatal,
        "INTERNAL" => DuckDbErrorType.Internal,
        "Stat" => DuckDbErrorType.Statistics,
        "Extension Autoloading" => DuckDbErrorType.Autoload,
        "Parameter Not Resolved" => DuckDbErrorType.ParameterNotResolved,
        _ => Enum.TryParse<DuckDbErrorType>(name.Replace(" ", "", StringComparison.Ordinal), ignoreCase: true, out var type) ? type : DuckDbErrorType.Unknown,
    };

    /// <summary>DuckDB writes its advice into the message ("Did you mean …", "Candidate bindings: …", "HINT: …").</summary>
    private static string? Hint(string message, string? candidates)
    {
        foreach (var start in (ReadOnlySpan<string>)["HINT:", "Hint:", "Did you mean", "Candidate bindings:", "Candidate functions:", "You might need"])
        {
            var at = message.IndexOf(start, StringComparison.Ordinal);
            if (at < 0) continue;
            var hint = message[at..];
            var line = hint.IndexOf("\n\nLINE ", StringComparison.Ordinal);
            if (line >= 0) hint = hint[..line];
            if (start.EndsWith("INT:", StringComparison.OrdinalIgnoreCase)) hint = hint[start.Length..];
            return hint.Trim();
        }

        return string.IsNullOrEmpty(candidates) ? null : $"Did you mean {candidates}?";
    }

    /// <summary>From a byte offset in the UTF-8 text to characters of the string.</summary>
    private static int? Characters(string sql, int bytes)
    {
        if (bytes < 0) return null;
        var at = 0;
        foreach (var rune in sql.EnumerateRunes())
        {
            if (bytes < rune.Utf8SequenceLength) return at;
            bytes -= rune.Utf8SequenceLength;
            at += rune.Utf16SequenceLength;
        }

        return bytes == 0 ? at : null;
    }

    /// <summary>What DuckDB prints under its plain messages: the line and a caret.</summary>
    private static string Excerpt(string sql, int position)
    {
        var start = position == 0 ? 0 : sql.LastIndexOf('\n', position - 1) + 1;
        var end = sql.IndexOf('\n', position);
        var number = sql.AsSpan(0, start).Count('\n') + 1;
        var line = sql[start..(end < 0 ? sql.Length : end)].TrimEnd('\r');
        var caret = position - start;
        const int window = 60;
        if (caret > window)
        {
            line = "..." + line[(caret - window)..];
            caret = window + 3;
        }

        if (line.Length > caret + window) line = line[..(caret + window)] + "...";
        var prefix = $"LINE {number}: ";
        return $"\n\n{prefix}{line}\n{new string(' ', prefix.Length + caret)}^";
    }

    /// <summary>Reads the position back from `LINE n: excerpt` and the caret below it.</summary>
    internal static int? CaretPosition(string text, string sql)
    {
        var at = text.LastIndexOf("\nLINE ", StringComparison.Ordinal);
        if (at < 0) return null;
        var rows = text[(at + 1)..].Split('\n');
        var colon = rows[0].IndexOf(": ", StringComparison.Ordinal);
        if (rows.Length < 2 || colon < 0 || !int.TryParse(rows[0].AsSpan(5, colon - 5), out var number)) return null;
        var caret = rows[1].IndexOf('^') - (colon + 2);
        if (caret < 0) return null;

        var excerpt = rows[0][(colon + 2)..];
        var start = 0;
        for (var line = 1; line < number; line++)
        {
            start = sql.IndexOf('\n', start) + 1;
            if (start == 0) return null;
        }

        if (excerpt.StartsWith("...", StringComparison.Ordinal) && !sql.AsSpan(start).StartsWith("..."))
        {
            // A long line is shown by a window: find that window in the line.
            var window = excerpt[3..];
            if (window.EndsWith("...", StringComparison.Ordinal)) window = window[..^3];
            var found = sql.IndexOf(window, start, StringComparison.Ordinal);
            if (found < 0) return null;
            start = found;
            caret -= 3;
        }

        return caret >= 0 && start + caret <= sql.Length ? start + caret : null;
    }

    /// <summary>SQL as UTF-8 with the closing zero that C wants.</summary>
    internal static byte[] ToNative(string sql)
    {
        if (sql.Contains('\0')) throw new DuckDbException(DuckDbErrorType.Parser, "SQL cannot contain the character U+0000.", sql.IndexOf('\0'));
        var bytes = new byte[Encoding.UTF8.GetByteCount(sql) + 1];
        Encoding.UTF8.GetBytes(sql, bytes);
        return bytes;
    }
}
