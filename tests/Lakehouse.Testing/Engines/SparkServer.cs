using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Lakehouse.Testing.Engines;

/// <summary>
/// A real Spark with Delta Lake, found by <c>SPARK_HOME</c>, asked through Spark Connect. Only what a test needs: one SQL
/// command, whose answer Spark writes as JSON lines (<c>INSERT OVERWRITE DIRECTORY … USING json</c>) and we read back.
/// </summary>
public sealed class SparkServer : IAsyncDisposable
{
    /// <summary>Why a test that needs Spark is skipped, and the way to get it.</summary>
    public const string SkipReason = "Spark is not here: set SPARK_HOME to a Spark 4.2 with Delta Lake 4.4 and Spark Connect.";

    private readonly EngineProcess process;
    private readonly HttpClient client;
    private readonly string folder;
    private readonly string session = Guid.NewGuid().ToString();
    private int answers;

    private SparkServer(EngineProcess process, int port, string folder)
    {
        this.process = process;
        this.folder = folder;
        client = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromMinutes(10),
        };
    }

    /// <summary>Whether <c>SPARK_HOME</c> names a folder with a Spark Connect start script.</summary>
    public static bool IsHere => Home is { } home && File.Exists(StartScript(home));

    private static string? Home => Environment.GetEnvironmentVariable("SPARK_HOME");

    /// <summary>The server's process.</summary>
    public int ProcessId => process.Id;

    /// <summary>Starts a server on a free port and returns when it answers a query.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="heap">The most memory for its objects.</param>
    /// <param name="shortLived">Whether it is to be quick from the start rather than in the end, as when it is measured.</param>
    public static async Task<SparkServer> StartAsync(CancellationToken cancellationToken, string heap = "1500m", bool shortLived = true)
    {
        string folder = Directory.CreateTempSubdirectory("lakehouse-spark-").FullName;
        int port = EngineProcess.FreePort();
        EngineProcess process = EngineProcess.Start(
            "Spark",
            "/bin/sh",
            [StartScript(Home!), "--conf", $"spark.local.dir={folder}", "--conf", "spark.sql.session.timeZone=UTC"],
            new Dictionary<string, string> { ["PORT"] = port.ToString(), ["SPARK_HEAP"] = heap, ["WAREHOUSE"] = Path.Combine(folder, "warehouse"), ["JAVA_TOOL_OPTIONS"] = shortLived ? EngineProcess.JavaForShortRuns + " -XX:+UseSerialGC" : "" },
            folder);
        var server = new SparkServer(process, port, folder);
        await process.WaitUntilReadyAsync(async ct => { await server.SendAsync("SELECT 1", ct); return true; }, TimeSpan.FromMinutes(5), cancellationToken);
        return server;
    }

    /// <summary>The rows of <paramref name="query"/>, each a JSON object as Spark writes it (null columns are left out).</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string query, CancellationToken cancellationToken)
    {
        string answer = Path.Combine(folder, $"answer-{Interlocked.Increment(ref answers)}");
        await ExecuteAsync($"INSERT OVERWRITE DIRECTORY '{answer}' USING json {query}", cancellationToken);
        var rows = new List<JsonElement>();
        foreach (string file in Directory.GetFiles(answer, "part-*").Order(StringComparer.Ordinal))
        {
            foreach (string line in await File.ReadAllLinesAsync(file, cancellationToken))
                rows.Add(JsonDocument.Parse(line).RootElement.Clone());
        }

        return rows;
    }

    /// <summary>Runs one SQL command to its end.</summary>
    /// <exception cref="InvalidOperationException">Spark refused; the message is Spark's.</exception>
    /// <exception cref="EngineEndedException">The server ended meanwhile; the message says how.</exception>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(sql, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException || IsOfItsEnd(exception.Message))
        {
            throw new EngineEndedException($"{await process.EndAsync(cancellationToken)}\nIt was asked: {sql}", exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What a server answers between its decision to end and its end.</summary>
    private static bool IsOfItsEnd(string message) =>
        message.Contains("stopped SparkContext", StringComparison.Ordinal) || message.Contains("SparkContext was shut down", StringComparison.Ordinal);

    private async Task SendAsync(string sql, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/spark.connect.SparkConnectService/ExecutePlan")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(ExecutePlanRequest(sql))),
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using HttpResponseMessage response = await client.SendAsync(request, cancellationToken);
        string? status = Header(response, "grpc-status");
        if (status != "0")
            throw new InvalidOperationException($"Spark answered gRPC status {status ?? "none"} to {sql}: {Uri.UnescapeDataString(Header(response, "grpc-message") ?? "")}");
    }

    private static string StartScript(string home) => Path.Combine(home, "bin", "start-connect-server.sh");

    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? trailing) ? trailing.First()
        : response.Headers.TryGetValues(name, out IEnumerable<string>? leading) ? leading.First()
        : null;

    // spark/connect/base.proto: ExecutePlanRequest { session_id = 1, user_context = 2 { user_id = 1 }, plan = 3 { command = 2
    // { sql_command = 5 { input = 6 { sql = 10 { query = 1 } } } } } }
    private byte[] ExecutePlanRequest(string sql)
    {
        byte[] command = Field(2, Field(5, Field(6, Field(10, Field(1, Encoding.UTF8.GetBytes(sql))))));
        return [.. Field(1, Encoding.UTF8.GetBytes(session)), .. Field(2, Field(1, "lakehouse"u8.ToArray())), .. Field(3, command)];
    }

    // Protocol Buffers: a length-delimited field is its tag (number << 3 | 2), its length as a varint, its bytes.
    private static byte[] Field(int number, byte[] content)
    {
        var field = new List<byte>(content.Length + 6) { (byte)((number << 3) | 2) };
        uint length = (uint)content.Length;
        for (; length >= 0x80; length >>= 7)
            field.Add((byte)(length | 0x80));
        field.Add((byte)length);
        field.AddRange(content);
        return [.. field];
    }

    // gRPC over HTTP/2: one byte "not compressed", four bytes of length, the message.
    private static byte[] Frame(byte[] message)
    {
        byte[] frame = new byte[message.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }
}
