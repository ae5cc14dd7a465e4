using System.Net.Http.Json;
using System.Text.Json;

namespace Lakehouse.Hosting;

/// <summary>Asks Airflow whether its database is well, and its version.</summary>
internal static class AirflowProbe
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>The version.</summary>
    /// <exception cref="HttpRequestException">Nobody answers.</exception>
    /// <exception cref="IOException">It says that its metadata database is not well.</exception>
    public static async Task<string> AskVersionAsync(Uri server, CancellationToken cancellationToken)
    {
        JsonElement health = await Client.GetFromJsonAsync<JsonElement>(new Uri(server, "/api/v2/monitor/health"), cancellationToken).ConfigureAwait(false);
        string? database = health.GetProperty("metadatabase").GetProperty("status").GetString();
        if (database != "healthy") throw new IOException($"Airflow says that its metadata database is {database}.");
        JsonElement version = await Client.GetFromJsonAsync<JsonElement>(new Uri(server, "/api/v2/version"), cancellationToken).ConfigureAwait(false);
        return $"Apache Airflow {version.GetProperty("version").GetString()}";
    }
}
