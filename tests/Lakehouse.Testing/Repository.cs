namespace Lakehouse.Testing;

/// <summary>The checkout that the tests run in, and what stands beside it.</summary>
public static class Repository
{
    /// <summary>The folder that holds <c>Lakehouse.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The folder of public conformance data and engines: <c>LAKEHOUSE_SHARED</c>, or <c>shared</c> beside the checkout;
    /// null where neither is there. Only tests and benches may look here.
    /// </summary>
    public static string? Shared { get; } =
        new[] { Environment.GetEnvironmentVariable("LAKEHOUSE_SHARED"), Path.Combine(Root, "..", "shared") }
            .FirstOrDefault(folder => !string.IsNullOrEmpty(folder) && Directory.Exists(folder));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Lakehouse.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No Lakehouse.sln above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
