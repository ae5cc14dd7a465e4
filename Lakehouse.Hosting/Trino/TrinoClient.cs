using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Lakehouse.Hosting;

/// <summary>Trino's client protocol, as far as a statement and its rows: post it, then follow <c>nextUri</c> to the end.</summary>
internal static class TrinoClient
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Runs a statement.</summary>
    /// <returns>Its rows, each an array.</returns>
    /// <exception cref="HttpRequestException">The server does not answer.</exception>
    /// <exception cref="IOException">The statement failed; the message is Trino's.</exception>
    public static async Task<IReadOnlyList<JsonElement>> QueryAsync(Uri server, string sql, CancellationToken cancellationToken)
    {
        using var post = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/v1/statement")) { Content = new StringContent(sql, Encoding.UTF8, "text/plain") };
        post.Headers.Add("X-Trino-User", "lakehouse");
        using HttpResponseMessage first = await Client.SendAsync(post, cancellationToken).ConfigureAwait(false);
        first.EnsureSuccessStatusCode();
        JsonElement page = await first.Content.ReadFromJsonAsync<JsonElement>(cancellationToken).ConfigureAwait(false);
        List<JsonElement> rows = [];
        while (true)
        {
            if (page.TryGetProperty("error", out JsonElement error)) throw new IOException($"Trino: {error.GetProperty("message").GetString()}");
            if (page.TryGetProperty("data", out JsonElement data)) rows.AddRange(data.EnumerateArray());
            if (!page.TryGetProperty("nextUri", out JsonElement next)) return rows;
            using var get = new HttpRequestMessage(HttpMethod.Get, next.GetString());
            get.Headers.Add("X-Trino-User", "lakehouse");
            using HttpResponseMessage response = await Client.SendAsync(get, cancellationToken).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            page = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The server's version, from a query that its executor has answered.</summary>
    public static async Task<string> AskVersionAsync(Uri server, CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonElement> rows = await QueryAsync(server, "SELECT version()", cancellationToken).ConfigureAwait(false);
        return $"Trino {rows[0][0].GetString()}";
    }
}
