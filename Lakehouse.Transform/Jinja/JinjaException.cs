namespace Lakehouse.Transform.Jinja;

/// <summary>A template that cannot be read or rendered; the message begins with <c>file:line:column</c>.</summary>
public sealed class JinjaException : Exception
{
    /// <summary>Tells what is wrong and where.</summary>
    public JinjaException(SourceLocation location, string problem, Exception? inner = null)
        : base($"{location}: {problem}", inner)
    {
        Location = location;
        Problem = problem;
    }

    private JinjaException(JinjaException inner, string frame)
        : base(inner.Message + frame, inner)
    {
        Location = inner.Location;
        Problem = inner.Problem;
    }

    /// <summary>Where it went wrong: the innermost place.</summary>
    public SourceLocation Location { get; }

    /// <summary>What went wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>The same error, one macro call further out.</summary>
    internal JinjaException CalledFrom(string macro, SourceLocation call) =>
        new(this, $"\n  in macro {macro}, called at {call}");
}
