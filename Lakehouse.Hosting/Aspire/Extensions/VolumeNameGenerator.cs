using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Names volumes so that two AppHosts on one machine do not share one by accident.</summary>
public static class VolumeNameGenerator
{
    /// <summary><c>{apphost}-{hash of its path}-{resource}-{suffix}</c>; where it is published the hash is of its name, the same on every machine.</summary>
    /// <exception cref="ArgumentException">The suffix has characters that container engines refuse.</exception>
    public static string Generate<T>(IResourceBuilder<T> builder, string suffix)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(suffix);
        if (suffix.Where((c, i) => !IsAllowed(c, i)).Any())
            throw new ArgumentException($"The suffix '{suffix}' contains invalid characters. It must match [a-zA-Z0-9][a-zA-Z0-9_.-]*.", nameof(suffix));
        IDistributedApplicationBuilder application = builder.ApplicationBuilder;
        string name = string.Concat(application.Environment.ApplicationName.ToLowerInvariant().Select((c, i) => IsAllowed(c, i) ? c : '_'));
        string hash = application.Configuration["AppHost:Sha256"]![..10].ToLowerInvariant();
        return $"{name}-{hash}-{builder.Resource.Name}-{suffix}";
    }

    private static bool IsAllowed(char c, int index) => char.IsAsciiLetterOrDigit(c) || (index > 0 && c is '_' or '.' or '-');
}
