using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>
/// What was generated for the developer's own machine, in <c>.lakehouse/secrets.json</c> in the AppHost's folder
/// (<c>Parameters:Store</c> names another file), readable by its owner only and never part of a commit. Several AppHosts
/// may use it at the same time: a value that was written once stays.
/// </summary>
internal sealed class SecretStore(string path)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    public static SecretStore Of(IDistributedApplicationBuilder builder) =>
        new(Path.GetFullPath(builder.Configuration["Parameters:Store"] ?? Path.Combine(".lakehouse", "secrets.json"), builder.AppHostDirectory));

    /// <summary>The kept value, or a new one that is kept from now on.</summary>
    /// <exception cref="DistributedApplicationException">The file cannot be read or written.</exception>
    public string GetOrAdd(string key, Func<string> create)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using FileStream _ = Lock();
            SortedDictionary<string, string> values = File.Exists(path)
                ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(path)) ?? []
                : [];
            if (values.TryGetValue(key, out string? kept))
                return kept;
            values[key] = create();
            Write(values);
            return values[key];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DistributedApplicationException($"The generated value of '{key}' cannot be kept in '{path}': {failure.Message}", failure);
        }
    }

    // Whoever crashes leaves the old file or the new one, and the lock goes with the process.
    private void Write(SortedDictionary<string, string> values)
    {
        string temporary = path + ".tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
            JsonSerializer.Serialize(file, values, Options);
        File.Move(temporary, path, overwrite: true);
    }

    private FileStream Lock()
    {
        long started = Environment.TickCount64;
        while (true)
        {
            try
            {
                return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Environment.TickCount64 - started < Patience.TotalMilliseconds)
            {
                Thread.Sleep(20);
            }
        }
    }
}
