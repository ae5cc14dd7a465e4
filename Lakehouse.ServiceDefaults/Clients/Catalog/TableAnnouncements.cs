using System.Net.Http.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lakehouse.ServiceDefaults.Clients.Catalog;

/// <summary>
/// Tells the catalog which tables have new versions: best effort, a second's announcements in one request, the newest
/// version of each table only. What does not reach the catalog stays to be told with the next; what is lost with the process
/// the catalog finds in the lake by itself.
/// </summary>
public sealed partial class TableAnnouncements(IHttpClientFactory clients, ILogger<TableAnnouncements> logger) : BackgroundService
{
    internal const string ClientName = "catalog";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock turn = new();
    private readonly SemaphoreSlim waiting = new(0, 1);
    private Dictionary<string, long> news = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A table has a new version. Returns at once.</summary>
    /// <param name="table">The table, <c>schema.name</c>.</param>
    /// <param name="version">Its Delta version.</param>
    public void Announce(string table, long version)
    {
        lock (turn)
        {
            if (!news.TryGetValue(table, out long known) || known < version) news[table] = version;
            if (waiting.CurrentCount == 0) waiting.Release();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        bool failed = false;
        while (true)
        {
            await waiting.WaitAsync(stoppingToken).ConfigureAwait(false);
            Dictionary<string, long> telling = Take();
            try
            {
                using HttpClient client = clients.CreateClient(ClientName);
                using HttpResponseMessage response = await client.PutAsJsonAsync(
                    "api/v1/tables", telling.Select(table => new { table = table.Key, version = table.Value }), stoppingToken).ConfigureAwait(false);
                response.EnsureSuccessStatusCode();
                failed = false;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failed) NotTold(telling.Count, error.Message);
                failed = true;
                foreach ((string table, long version) in telling) Announce(table, version);
            }
            await Task.Delay(Pause, stoppingToken).ConfigureAwait(false);
        }
    }

    private Dictionary<string, long> Take()
    {
        lock (turn)
        {
            Dictionary<string, long> taken = news;
            news = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
            return taken;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The catalog was not told of {Tables} tables and will be told again: {Reason}")]
    private partial void NotTold(int tables, string reason);
}
