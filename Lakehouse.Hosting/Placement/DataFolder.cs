using Aspire.Hosting;

namespace Lakehouse.Hosting;

/// <summary>
/// Where everything that outlives a run lies: <c>.lakehouse</c> beside the AppHost, or the setting <c>data</c>. The second run
/// finds the first one's database and lake; <c>--reset</c> begins anew.
/// </summary>
public static class DataFolder
{
    private const string Marker = ".lakehouse-data";

    /// <summary>
    /// Writes the switch <c>--reset</c> as <c>--reset=true</c>: configuration from a command line knows no switches without a
    /// value, and would take the next argument for one.
    /// </summary>
    public static string[] WithSwitches(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return [.. args.Select(argument => argument == "--reset" ? "--reset=true" : argument)];
    }

    /// <summary>A folder for one resource's data. It is not made.</summary>
    public static string DataFolderOf(this IDistributedApplicationBuilder builder, string resource)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return Path.Combine(Root(builder), resource);
    }

    /// <summary>Makes the folder, emptied before when <c>--reset</c> asks for it. Does nothing when the application is published.</summary>
    /// <exception cref="DistributedApplicationException">The folder is to be emptied, but holds what no run of ours made; or it cannot be made.</exception>
    public static IDistributedApplicationBuilder UseDataFolder(this IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ExecutionContext.IsPublishMode) return builder;
        string root = Root(builder);
        string marker = Path.Combine(root, Marker);
        try
        {
            if (bool.TryParse(builder.Configuration["reset"], out bool reset) && reset && Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
            {
                if (!File.Exists(marker))
                    throw new DistributedApplicationException($"'{root}' was not made by this AppHost (it holds no file '{Marker}'), so --reset leaves it alone. Choose another folder with --data.");
                Directory.Delete(root, recursive: true);
            }
            Directory.CreateDirectory(root);
            if (!File.Exists(marker)) File.WriteAllText(marker, "Data of a Lakehouse AppHost. Start it with --reset to begin anew.\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException($"The data folder '{root}' cannot be prepared: {e.Message} Choose another with --data.", e);
        }
        return builder;
    }

    private static string Root(IDistributedApplicationBuilder builder) =>
        Path.GetFullPath(builder.Configuration["data"] ?? ".lakehouse", builder.AppHostDirectory);
}
