using System.Diagnostics;
using System.Runtime.InteropServices;
using Npgsql;

namespace Lakehouse.EmbeddedPostgres.Tests;

/// <summary>A supervisor that is not ours runs the described command: here this test, as DCP would.</summary>
public sealed class PostgresCommandTests : IDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("lakehouse-tests-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public PostgresCommandTests()
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_described_server_runs_under_another_supervisor_and_a_second_start_has_its_data_password_and_port()
    {
        PostgresCommand first = await PrepareAsync();
        await RunAsync(first, source => ExecuteAsync(source, "CREATE TABLE t AS SELECT 42 AS n"));
        PostgresCommand second = await PrepareAsync();
        Assert.Equal(first.ConnectionStringFor("postgres"), second.ConnectionStringFor("postgres"));
        await RunAsync(second, async source => Assert.Equal(42, await ScalarAsync<int>(source, "SELECT n FROM t")));
    }

    [Fact]
    public async Task Asked_to_end_the_server_does_not_wait_for_its_clients()
    {
        PostgresCommand command = await PrepareAsync();
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(command.ConnectionStringFor("postgres"));
        using Process server = Start(command);
        await using NpgsqlConnection client = await ConnectAsync(source, server);
        await EndAsync(server);
        Assert.False(File.Exists(Path.Combine(command.DataFolder, "postmaster.pid")));
    }

    [Fact]
    public async Task The_password_is_in_a_private_file_and_nowhere_on_the_command_line()
    {
        PostgresCommand command = await PrepareAsync();
        Assert.DoesNotContain(command.Arguments.Append(command.FileName), text => text.Contains(command.Password, StringComparison.Ordinal));
        Assert.DoesNotContain(command.Environment, variable => variable.Value.Contains(command.Password, StringComparison.Ordinal));
        Assert.DoesNotContain(command.Password, command.ToString(), StringComparison.Ordinal);
        string file = Directory.EnumerateFiles(command.DataFolder).Single(f => File.ReadAllText(f).Contains(command.Password, StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_remembered_port_that_is_taken_is_replaced()
    {
        PostgresCommand first = await PrepareAsync();
        using var stranger = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, first.Port);
        stranger.Start();
        Assert.NotEqual(first.Port, (await PrepareAsync()).Port);
    }

    [Fact]
    public async Task A_folder_that_a_server_runs_over_is_refused()
    {
        PostgresCommand command = await PrepareAsync();
        await RunAsync(command, async _ =>
        {
            EmbeddedPostgresException error = await Assert.ThrowsAsync<EmbeddedPostgresException>(PrepareAsync);
            Assert.Contains("runs over the data folder", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_folder_is_run_by_this_process_and_by_a_supervisor_in_turn()
    {
        PostgresCommand command = await PrepareAsync();
        await using (PostgresServer ours = await PostgresServer.StartAsync(new PostgresServerOptions { DataFolder = command.DataFolder }, Cancellation))
        {
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(ours.ConnectionString);
            await ExecuteAsync(source, "CREATE TABLE t AS SELECT 7 AS n");
        }
        await RunAsync(await PrepareAsync(), async source => Assert.Equal(7, await ScalarAsync<int>(source, "SELECT n FROM t")));
    }

    private Task<PostgresCommand> PrepareAsync()
    {
        Assert.SkipUnless(PostgresCommand.IsAvailable, "This build ships no PostgreSQL for this platform.");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Supervisors on Windows stop programs without signals.");
        return PostgresCommand.PrepareAsync(new PostgresServerOptions { DataFolder = Path.Combine(folder, "data"), Fsync = false }, Cancellation);
    }

    private static async Task RunAsync(PostgresCommand command, Func<NpgsqlDataSource, Task> use)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(command.ConnectionStringFor("postgres"));
        using Process server = Start(command);
        try
        {
            await using (await ConnectAsync(source, server)) { }
            await use(source);
        }
        finally
        {
            await EndAsync(server);
        }
    }

    private static Process Start(PostgresCommand command)
    {
        var start = new ProcessStartInfo(command.FileName, command.Arguments) { WorkingDirectory = command.WorkingDirectory, UseShellExecute = false };
        foreach ((string name, string value) in command.Environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<NpgsqlConnection> ConnectAsync(NpgsqlDataSource source, Process server)
    {
        for (long until = Environment.TickCount64 + (long)Deadline.TotalMilliseconds; ; await Task.Delay(20, Cancellation))
        {
            Assert.False(server.HasExited, "The server ended while it started.");
            Assert.True(Environment.TickCount64 < until, "The server does not answer.");
            try
            {
                return await source.OpenConnectionAsync(Cancellation);
            }
            catch (NpgsqlException)
            {
                // Not up yet.
            }
        }
    }

    private static async Task EndAsync(Process server)
    {
        Assert.Equal(0, kill(server.Id, Terminate));
        using var deadline = new CancellationTokenSource(Deadline);
        await server.WaitForExitAsync(deadline.Token);
        Assert.Equal(0, server.ExitCode);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource source, string sql)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
