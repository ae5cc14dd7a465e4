using Lakehouse.Transform.Jinja;

namespace Lakehouse.Transform;

/// <summary>Finds the nodes that references mean.</summary>
internal static class ReferenceResolver
{
    public static ProjectNode Resolve(Reference reference, string project, IReadOnlyDictionary<string, ProjectNode> nodes)
    {
        if (reference.IsSource)
        {
            return nodes.GetValueOrDefault($"source.{project}.{reference.First}.{reference.Second}")
                ?? throw new ProjectException(reference.At, $"there is no source '{reference.First}.{reference.Second}'"
                    + NearNames.Suggest($"{reference.First}.{reference.Second}", nodes.Values.OfType<SourceNode>().Select(s => $"{s.SourceName}.{s.Name}"))
                    + "; sources are declared in a .yml file under 'sources:'");
        }
        if (reference.First.Length > 0 && reference.First != project)
            throw new ProjectException(reference.At, $"there is no package '{reference.First}'; this project is '{project}'");
        return nodes.GetValueOrDefault($"model.{project}.{reference.Second}")
            ?? nodes.GetValueOrDefault($"seed.{project}.{reference.Second}")
            ?? throw new ProjectException(reference.At, $"there is no model or seed '{reference.Second}'"
                + NearNames.Suggest(reference.Second, nodes.Values.Where(n => n is ModelNode or SeedNode).Select(n => n.Name)));
    }
}
