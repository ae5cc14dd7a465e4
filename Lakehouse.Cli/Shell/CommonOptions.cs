using System.CommandLine;

namespace Lakehouse.Cli.Shell;

/// <summary>Options that mean the same wherever they appear.</summary>
public static class CommonOptions
{
    /// <summary>The environment variable that stands in for <c>--lake</c>.</summary>
    public const string LakeVariable = "LAKEHOUSE_LAKE";

    /// <summary>Shared by every command, so it may stand before or after the command's name.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show stack traces with errors.",
        Recursive = true,
    };

    public static Option<bool> Json(string description = "Print JSON for machines instead of text for people.") =>
        new("--json") { Description = description };

    /// <summary>The lake's folder: <c>--lake</c>, else <c>LAKEHOUSE_LAKE</c>, else <c>lake</c> below the current folder.</summary>
    public static Option<string> Lake() => new("--lake", "-l")
    {
        Description = $"The lake's folder, or a bucket (s3://BUCKET/PREFIX); {LakeVariable} or ./lake when not given.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(LakeVariable) is { Length: > 0 } folder ? folder : "lake",
    };

    public static Option<int> Seed() => new("--seed")
    {
        Description = "What rows and changes are drawn from; the same seed gives the same.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    /// <summary>A length of time written as <c>500ms</c>, <c>10s</c>, <c>2m</c> or <c>1h</c>; null when not given.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (DurationText.TryParse(result.Tokens[0].Value, out TimeSpan duration) && duration > TimeSpan.Zero)
                return duration;
            result.AddError($"'{result.Tokens[0].Value}' is not a length of time for {name}: write 500ms, 10s, 2m or 1h.");
            return null;
        },
    };

    /// <summary>One of an enumeration's names, in lower case; null when not given.</summary>
    public static Option<T?> Choice<T>(string name, string alias, string description)
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(value => value.ToLowerInvariant())];
        Option<T?> option = new(name, alias)
        {
            Description = description,
            HelpName = string.Join('|', names),
            CustomParser = result =>
            {
                int index = Array.IndexOf(names, result.Tokens[0].Value.ToLowerInvariant());
                if (index >= 0)
                    return Enum.GetValues<T>()[index];
                result.AddError($"'{result.Tokens[0].Value}' is not a value of {name}: it takes {string.Join(", ", names)}.");
                return null;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(names);
        return option;
    }

    /// <summary>Refuses values that are not above zero.</summary>
    public static Option<T> Positive<T>(this Option<T> option)
        where T : struct, IComparable<T>
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>().CompareTo(default) <= 0)
                result.AddError($"{option.Name} must be greater than zero.");
        });
        return option;
    }
}
