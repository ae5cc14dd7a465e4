using Aspire.Hosting;

namespace Lakehouse.Hosting;

/// <summary>Finds engines that are installed on this machine by the environment variables that their own scripts use.</summary>
internal static class LocalInstallation
{
    /// <summary>The folder that a setting names, if the resource is to run from it.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="choice">The resource's placement, <see cref="Placement.Local"/>.</param>
    /// <param name="resource">The resource's name.</param>
    /// <param name="setting">E.g. <c>SPARK_HOME</c>.</param>
    /// <param name="proof">A file or folder below it that shows that it is what it should be.</param>
    /// <returns>The folder; null when the setting is absent and nobody named the resource.</returns>
    /// <exception cref="DistributedApplicationException">The setting is absent though the resource was named, or names no such folder.</exception>
    public static string? Find(IDistributedApplicationBuilder builder, PlacementChoice choice, string resource, string setting, string proof)
    {
        string? folder = builder.Configuration[setting];
        if (string.IsNullOrEmpty(folder))
        {
            if (!choice.IsDemanded) return null;
            throw new DistributedApplicationException($"'{resource}' is to run from a local installation, but {setting} is not set. Set it to the installation's folder, or choose another placement with --placement:{resource}=….");
        }
        string path = Path.Combine(folder, proof);
        if (!Path.Exists(path))
            throw new DistributedApplicationException($"{setting} names '{folder}', which holds no '{proof}', so '{resource}' cannot run from there. Correct {setting}, or unset it.");
        return Path.GetFullPath(folder);
    }

    /// <summary>The <c>java</c> to run: of the folder that a setting names, of <c>JAVA_HOME</c>, or the one on the path.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="setting">A setting of the engine's own, such as <c>TRINO_JRE</c>; null for none.</param>
    public static string Java(IDistributedApplicationBuilder builder, string? setting = null)
    {
        string? home = (setting is null ? null : builder.Configuration[setting]) ?? builder.Configuration["JAVA_HOME"];
        return string.IsNullOrEmpty(home) ? "java" : Path.Combine(home, "bin", OperatingSystem.IsWindows() ? "java.exe" : "java");
    }
}
