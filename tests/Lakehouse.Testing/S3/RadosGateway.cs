using System.Diagnostics;
using System.Globalization;
using Lakehouse.Storage;
using Lakehouse.Testing.Engines;
using Xunit;

namespace Lakehouse.Testing.S3;

/// <summary>
/// A real S3 server: Ceph's radosgw over one monitor and one object store daemon in memory, on free ports, in a folder that goes
/// with it. For a class (<c>IClassFixture</c>) or an assembly (<c>AssemblyFixture</c>); started at first use, and each test takes a
/// bucket of its own.
/// </summary>
public sealed class RadosGateway : IAsyncLifetime
{
    /// <summary>Why a test that needs radosgw is skipped, and the way to get it.</summary>
    public const string SkipReason = "radosgw is not here: apt-get install --no-install-recommends ceph-mon ceph-osd ceph-mgr radosgw ceph-common";

    /// <summary>The access key of the one user.</summary>
    public const string AccessKey = "lakehouse-test";

    /// <summary>The user's secret.</summary>
    public const string SecretKey = "lakehouse-test-secret";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly List<EngineProcess> _processes = [];
    private string? _folder;
    private Uri? _endpoint;
    private int _buckets;

    /// <summary>Whether the programs are installed.</summary>
    public static bool IsHere => new[] { "ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin", "monmaptool" }.All(
        program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))));

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The server's address; the calling test is skipped where it is not installed.</summary>
    public async Task<Uri> EndpointAsync()
    {
        Assert.SkipUnless(IsHere, SkipReason);
        await _starting.WaitAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        try
        {
            return _endpoint ??= await StartAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Makes an empty bucket.</summary>
    /// <returns>Options of a store over it, for a patient client.</returns>
    public async Task<S3Options> CreateBucketAsync()
    {
        Uri endpoint = await EndpointAsync().ConfigureAwait(false);
        S3Options options = new()
        {
            Bucket = string.Create(CultureInfo.InvariantCulture, $"bucket-{Interlocked.Increment(ref _buckets)}"),
            Endpoint = endpoint,
            Region = "us-east-1",
            AccessKey = AccessKey,
            SecretKey = SecretKey,
        };
        await using S3ObjectStore store = new(options);
        await store.CreateBucketAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        return options;
    }

    /// <summary>The address of a bucket as a user writes it, with its keys.</summary>
    public static string AddressOf(S3Options options, string cache) =>
        $"s3://{options.Bucket}{(options.Prefix.Length == 0 ? "" : "/" + options.Prefix)};Endpoint={options.Endpoint};Region={options.Region};AccessKey={options.AccessKey};SecretKey={options.SecretKey};Cache={cache}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A start that no test waits for any more is waited for: nobody else would stop its programs.
        await _starting.WaitAsync().ConfigureAwait(false);
        // The gateway first: the others are what it stands on.
        for (int i = _processes.Count - 1; i >= 0; i--) await _processes[i].DisposeAsync().ConfigureAwait(false);
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
        _starting.Dispose();
    }

    private async Task<Uri> StartAsync(CancellationToken cancellationToken)
    {
        // Paths of sockets have a hundred characters at most, so the name is short.
        _folder = Directory.CreateTempSubdirectory("lh-rgw-").FullName;
        int monitorPort = EngineProcess.FreePort(), gatewayPort = EngineProcess.FreePort();
        string fsid = Guid.NewGuid().ToString();
        string configuration = Path.Combine(_folder, "ceph.conf");
        await File.WriteAllTextAsync(configuration, Configuration(_folder, fsid, monitorPort, gatewayPort), cancellationToken).ConfigureAwait(false);
        foreach (string name in new[] { "mon", "osd", "run", "rgw" }) Directory.CreateDirectory(Path.Combine(_folder, name));

        string map = Path.Combine(_folder, "monmap");
        await RunAsync("monmaptool", ["--create", "--fsid", fsid, "--addv", "a", $"[v2:127.0.0.1:{monitorPort}]", map], cancellationToken).ConfigureAwait(false);
        await RunAsync("ceph-mon", ["-c", configuration, "-i", "a", "--mkfs", "--monmap", map], cancellationToken).ConfigureAwait(false);
        EngineProcess monitor = Start("ceph-mon", ["-c", configuration, "-i", "a", "-f"]);
        await monitor.WaitUntilReadyAsync(ct => TryRunAsync("ceph", ["-c", configuration, "--connect-timeout", "5", "-s"], ct), Patience, cancellationToken).ConfigureAwait(false);

        string osd = Guid.NewGuid().ToString();
        await RunAsync("ceph", ["-c", configuration, "osd", "new", osd], cancellationToken).ConfigureAwait(false);
        await RunAsync("ceph-osd", ["-c", configuration, "-i", "0", "--mkfs", "--osd-uuid", osd], cancellationToken).ConfigureAwait(false);
        Start("ceph-osd", ["-c", configuration, "-i", "0", "--osd-uuid", osd, "-f"]);

        // It waits for the object store by itself, and makes the gateway's pools.
        await RunAsync(
            "radosgw-admin",
            ["-c", configuration, "user", "create", "--uid=test", "--display-name=test", $"--access-key={AccessKey}", $"--secret-key={SecretKey}"],
            cancellationToken).ConfigureAwait(false);
        EngineProcess gateway = Start("radosgw", ["-c", configuration, "-n", "client.admin", "-f"]);
        Uri endpoint = new($"http://127.0.0.1:{gatewayPort}");
        using HttpClient client = new();
        await gateway.WaitUntilReadyAsync(
            async ct =>
            {
                using HttpResponseMessage answer = await client.GetAsync(endpoint, ct).ConfigureAwait(false);
                return true;
            },
            Patience,
            cancellationToken).ConfigureAwait(false);
        return endpoint;
    }

    private EngineProcess Start(string program, string[] arguments)
    {
        EngineProcess process = EngineProcess.Start(program, program, arguments, new Dictionary<string, string>(), _folder!);
        _processes.Add(process);
        return process;
    }

    private static string Configuration(string folder, string fsid, int monitorPort, int gatewayPort) =>
        $"""
        [global]
        fsid = {fsid}
        mon host = [v2:127.0.0.1:{monitorPort}]
        ms mon client mode = crc
        ms mon service mode = crc
        ms mon cluster mode = crc
        ms bind ipv6 = false
        public addr = 127.0.0.1
        auth cluster required = none
        auth service required = none
        auth client required = none
        osd pool default size = 1
        osd pool default min size = 1
        osd pool default pg num = 1
        osd pool default pgp num = 1
        osd pool default pg autoscale mode = off
        osd crush chooseleaf type = 0
        crush location = root=default host=h0
        mon warn on pool no redundancy = false
        mon allow pool size one = true
        mon max pg per osd = 1000
        mon osd crush smoke test = false
        mon data = {folder}/mon
        osd data = {folder}/osd
        rgw data = {folder}/rgw
        run dir = {folder}/run
        admin socket = {folder}/run/$name.asok
        log file = {folder}/$name.log
        log to stderr = false
        debug rgw = 0/0
        debug ms = 0/0
        debug osd = 0/0
        debug objecter = 0/0
        debug mon = 0/0
        debug paxos = 0/0
        osd objectstore = memstore
        memstore device bytes = 2147483648
        rgw dns name = localhost
        rgw frontends = beast endpoint=127.0.0.1:{gatewayPort} tcp_nodelay=1
        rgw enable usage log = false

        """;

    private async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        (int code, string output) = await ExecuteAsync(program, arguments, cancellationToken).ConfigureAwait(false);
        if (code != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    private async Task<bool> TryRunAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        (await ExecuteAsync(program, arguments, cancellationToken).ConfigureAwait(false)).Code == 0;

    private async Task<(int Code, string Output)> ExecuteAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Patience);
        ProcessStartInfo start = new(program) { WorkingDirectory = _folder!, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token), errors = process.StandardError.ReadToEndAsync(timeout.Token);
            string text = await output.ConfigureAwait(false) + await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
            return (process.ExitCode, text);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
