using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>
/// A loaded dbt project: every file is parsed, every reference resolved, the graph has no cycle. Immutable; it may be run many
/// times, and by several runs at once.
/// </summary>
public sealed class DbtProject
{
    internal DbtProject(ProjectSettings settings, MacroSet macros, IReadOnlyDictionary<string, ProjectNode> nodes, ProjectGraph graph, IReadOnlyList<string> warnings)
    {
        Settings = settings;
        Macros = macros;
        Nodes = nodes;
        Graph = graph;
        Warnings = warnings;
    }

    /// <summary>The project's name.</summary>
    public string Name => Settings.Name;

    /// <summary>The project's folder.</summary>
    public string Folder => Settings.Folder;

    /// <summary>All enabled nodes by id.</summary>
    public IReadOnlyDictionary<string, ProjectNode> Nodes { get; }

    /// <summary>What is odd but no error: unknown keys, descriptions of models that are not there.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The models in the order in which they can be built.</summary>
    public IEnumerable<ModelNode> Models => Graph.Order.OfType<ModelNode>();

    internal ProjectSettings Settings { get; }

    internal MacroSet Macros { get; }

    internal ProjectGraph Graph { get; }

    /// <summary>Loads the project of a folder.</summary>
    /// <param name="folder">The folder that holds <c>dbt_project.yml</c>.</param>
    /// <param name="vars">Variables that take the place of the project's.</param>
    /// <exception cref="ProjectException">A file is wrong, a reference leads nowhere, or models depend on each other in a circle; the
    /// message names the file, line and column.</exception>
    public static DbtProject Load(string folder, IReadOnlyDictionary<string, object?>? vars = null)
    {
        try
        {
            return new ProjectLoader(Path.GetFullPath(folder), vars ?? new Dictionary<string, object?>()).Load();
        }
        catch (JinjaException e)
        {
            throw new ProjectException(e);
        }
    }

    /// <summary>The node that <c>ref</c> means.</summary>
    /// <exception cref="ProjectException">There is none.</exception>
    internal ProjectNode Resolve(Reference reference) => ReferenceResolver.Resolve(reference, Name, Nodes);
}
