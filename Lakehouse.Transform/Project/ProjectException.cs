using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>A project that cannot be loaded or compiled; the message begins with the place (file, or file:line:column).</summary>
public sealed class ProjectException : Exception
{
    /// <summary>Tells what is wrong and where.</summary>
    public ProjectException(SourceLocation location, string problem, Exception? inner = null)
        : base($"{location}: {problem}", inner) => Location = location;

    /// <summary>Passes on a template's error, which has its place already.</summary>
    public ProjectException(JinjaException error)
        : base(error.Message, error) => Location = error.Location;

    /// <summary>Where it went wrong.</summary>
    public SourceLocation Location { get; }
}
