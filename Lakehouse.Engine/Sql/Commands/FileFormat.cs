using Lakehouse.Delta;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary>How files of a COPY are read: the names that Spark gives to what DuckDB's readers can do.</summary>
internal sealed record FileFormat
{
    private static readonly Dictionary<string, (string Name, bool IsText)> CsvOptions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["header"] = ("header", false),
        ["sep"] = ("delim", true),
        ["delimiter"] = ("delim", true),
        ["quote"] = ("quote", true),
        ["escape"] = ("escape", true),
        ["comment"] = ("comment", true),
        ["nullValue"] = ("nullstr", true),
        ["dateFormat"] = ("dateformat", true),
        ["timestampFormat"] = ("timestampformat", true),
        ["encoding"] = ("encoding", true),
        ["compression"] = ("compression", true),
    };

    private static readonly Dictionary<string, (string Name, bool IsText)> JsonOptions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["dateFormat"] = ("dateformat", true),
        ["timestampFormat"] = ("timestampformat", true),
        ["compression"] = ("compression", true),
    };

    /// <summary>csv, json or parquet.</summary>
    public string Kind { get; init; } = "";

    /// <summary>As Spark names them; date formats are written as DuckDB writes them (<c>%d.%m.%Y</c>).</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>What cannot be done; null when all can.</summary>
    public static string? Problem(FileFormat format)
    {
        if (format.Kind.Length == 0) return "FILEFORMAT = CSV, JSON or PARQUET is missing";
        if (format.Known is not { } known) return $"the file format '{format.Kind}' is not known; there are CSV, JSON and PARQUET";
        foreach ((string key, string value) in format.Options)
        {
            if (!known.TryGetValue(key, out var option))
                return $"the format option '{key}' is not known for {format.Kind.ToUpperInvariant()}{(known.Count == 0 ? "" : $"; there are {string.Join(", ", known.Keys)}")}";
            if (!option.IsText && !bool.TryParse(value, out _)) return $"the format option '{key}' is 'true' or 'false', not '{value}'";
        }
        return null;
    }

    /// <summary>The table function's call.</summary>
    /// <param name="files">Full paths.</param>
    /// <param name="schema">The table's columns, whose names columns without a header get; null = names of DuckDB's.</param>
    public string ToSql(IReadOnlyList<string> files, StructType? schema)
    {
        List<string> arguments = [$"[{string.Join(", ", files.Select(SqlText.FileLiteral))}]"];
        if (Kind != "parquet" || files.Count > 1) arguments.Add("union_by_name=true");
        foreach ((string key, string value) in Options)
        {
            (string name, bool isText) = Known![key];
            arguments.Add($"{name}={(isText ? SqlText.Literal(value) : value)}");
        }
        if (Kind == "csv" && schema is not null && Options.TryGetValue("header", out string? header) && !bool.Parse(header))
            arguments.Add($"names=[{string.Join(", ", schema.Fields.Select(field => SqlText.Literal(field.Name)))}]");
        return $"read_{Kind}({string.Join(", ", arguments)})";
    }

    private Dictionary<string, (string Name, bool IsText)>? Known => Kind switch
    {
        "csv" => CsvOptions,
        "json" => JsonOptions,
        "parquet" => [],
        _ => null,
    };
}
