using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.Dcp;

/// <summary>What DCP is asked to run for executables and projects.</summary>
internal static class DcpExecutables
{
    /// <summary>Where programs keep what can be made again. DCP is given a place of its own: it leaves a socket there.</summary>
    public const string CacheVariable = "XDG_CACHE_HOME";

    /// <summary>How often Go programs collect their heap. DCP is told to do it often: it idles, and small is what matters.</summary>
    public const string CollectVariable = "GOGC";

    /// <summary>
    /// What DCP was started with for itself, as this process has it: what DCP runs must not inherit it. Empty is as good as absent (XDG
    /// Base Directory Specification; Go's runtime).
    /// </summary>
    private static readonly IReadOnlyList<DcpEnvironmentVariable> Restored =
        [.. new[] { CacheVariable, CollectVariable }.Select(name => new DcpEnvironmentVariable(name, System.Environment.GetEnvironmentVariable(name) ?? ""))];

    public static DcpExecutable Create(DcpInstance instance, Program program, LaunchConfiguration configuration) => new()
    {
        Metadata = Metadata(instance),
        Spec = new DcpExecutableSpec
        {
            ExecutablePath = program.Path,
            WorkingDirectory = program.WorkingDirectory,
            Args = [.. program.Arguments, .. configuration.Arguments],
            Env = [.. Restored, .. Environment(configuration)],
        },
    };

    public static IReadOnlyList<DcpEnvironmentVariable> Environment(LaunchConfiguration configuration)
        => [.. configuration.Environment.Select(v => new DcpEnvironmentVariable(v.Key, v.Value))];

    /// <summary>The name of an instance, and the annotations that DCP and its templates read.</summary>
    public static DcpMetadata Metadata(DcpInstance instance)
    {
        var annotations = new Dictionary<string, string>
        {
            [DcpApi.ResourceNameAnnotation] = instance.Resource.Name,
            [DcpApi.OtelServiceNameAnnotation] = instance.Resource.Name,
            [DcpApi.OtelServiceInstanceIdAnnotation] = instance.Suffix,
        };
        if (DcpServices.ProducedBy(instance.Resource) is { Count: > 0 } produced)
            annotations[DcpApi.ServiceProducerAnnotation] = JsonSerializer.Serialize(produced, DcpApi.Json);
        return new DcpMetadata { Name = instance.Name, Annotations = annotations };
    }

    /// <summary>A program and where it runs. <paramref name="Arguments"/> come before those of the model.</summary>
    public sealed record Program(string Path, string WorkingDirectory, IReadOnlyList<string> Arguments);

    /// <summary>The program of a resource.</summary>
    /// <exception cref="DistributedApplicationException">Its folder does not exist, or a project has not been built.</exception>
    public static Program ProgramOf(IResource resource, string? configuration) => resource switch
    {
        ProjectResource project => ProjectProgram.Of(project, configuration),
        ExecutableResource executable => Of(executable),
        _ => throw new InvalidOperationException($"Resource '{resource.Name}' is no executable."),
    };

    private static Program Of(ExecutableResource executable)
    {
        var said = executable.Annotations.OfType<ExecutableAnnotation>().LastOrDefault();
        var (command, folder) = (said?.Command ?? executable.Command, said?.WorkingDirectory ?? executable.WorkingDirectory);
        // Of either DCP says only "no such file or directory".
        if (!Directory.Exists(folder))
            throw new DistributedApplicationException($"The working directory '{folder}' of resource '{executable.Name}' does not exist.");
        if (command.AsSpan().ContainsAny('/', '\\') && !File.Exists(Path.Combine(folder, command)))
            throw new DistributedApplicationException($"The program '{command}' of resource '{executable.Name}' does not exist.");
        return new Program(command, folder, []);
    }
}
