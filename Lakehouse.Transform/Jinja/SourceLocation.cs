namespace Lakehouse.Transform.Jinja;

/// <summary>A place in a project's file, as people read it: lines and columns count from one.</summary>
/// <param name="File">The file, relative to the project where it lies in one.</param>
/// <param name="Line">Line, from one; zero where the whole file is meant.</param>
/// <param name="Column">Column in UTF-16 code units, from one; zero where the whole line is meant.</param>
public readonly record struct SourceLocation(string File, int Line, int Column)
{
    /// <summary>The form that editors and terminals turn into a link: <c>file:line:column</c>.</summary>
    public override string ToString() => this switch
    {
        { Line: 0 } => File,
        { Column: 0 } => $"{File}:{Line}",
        _ => $"{File}:{Line}:{Column}",
    };
}
