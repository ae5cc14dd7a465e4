namespace Lakehouse.Api.Sandbox;

/// <summary>What a sandbox process is told to run; the SQL itself came before, to be parsed.</summary>
/// <param name="Tables">The tables that the SQL names, resolved to versions by the service.</param>
public sealed record SandboxQuery(IReadOnlyList<SandboxTable> Tables);

/// <summary>One table at one version.</summary>
/// <param name="Name">As <c>schema.table</c>.</param>
/// <param name="Version">The Delta version that the query reads.</param>
/// <param name="View">The name that the SQL has for it: another than its own where it is read at a version of its past.</param>
public sealed record SandboxTable(string Name, long Version, string View);
