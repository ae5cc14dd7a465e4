using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>What the nodes of one run share.</summary>
internal sealed record RunContext(
    Lake Lake, DbtProject Project, RunOptions Options, Compiler Compiler, RunVersions Versions, string InvocationId, DateTimeOffset StartedAt, Action<string> Say);
