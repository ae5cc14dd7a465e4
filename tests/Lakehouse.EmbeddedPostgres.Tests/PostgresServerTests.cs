using Npgsql;

namespace Lakehouse.EmbeddedPostgres.Tests;

public sealed class PostgresServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_started_server_answers_and_has_logical_replication_on()
    {
        await using PostgresServer postgres = await StartAsync();
        Assert.Equal("logical", await ScalarAsync<string>(postgres, "SELECT current_setting('wal_level')"));
        Assert.Equal("127.0.0.1", await ScalarAsync<string>(postgres, "SELECT current_setting('listen_addresses')"));
        Assert.Equal("", await ScalarAsync<string>(postgres, "SELECT current_setting('unix_socket_directories')"));
        Assert.Equal("UTF8", await ScalarAsync<string>(postgres, "SELECT current_setting('server_encoding')"));
        Assert.Equal("C.UTF-8", await ScalarAsync<string>(postgres, "SELECT datlocale FROM pg_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        await using PostgresServer postgres = await StartAsync();
        var wrong = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "wrong" };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        PostgresException error = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Cancellation));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, error.SqlState);
    }

    [Fact]
    public async Task Two_servers_run_side_by_side()
    {
        PostgresServer[] both = await Task.WhenAll(StartAsync(), StartAsync());
        await using PostgresServer first = both[0];
        await using PostgresServer second = both[1];
        Assert.NotEqual(first.Port, second.Port);
        await ExecuteAsync(first, "CREATE TABLE t AS SELECT 1 AS n");
        Assert.Null(await ScalarAsync<string?>(second, "SELECT to_regclass('t')::text"));
    }

    [Fact]
    public async Task What_was_committed_survives_a_killed_server()
    {
        await using PostgresServer postgres = await StartAsync();
        await ExecuteAsync(postgres, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
        string before = postgres.ConnectionString;
        await postgres.KillAsync();
        Assert.False(postgres.IsRunning);
        await postgres.RestartAsync(Cancellation);
        Assert.Equal(before, postgres.ConnectionString);
        Assert.Equal(1000L, await ScalarAsync<long>(postgres, "SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task A_stopped_server_is_left_clean()
    {
        await using PostgresServer postgres = await StartAsync();
        await postgres.StopAsync();
        Assert.False(File.Exists(Path.Combine(postgres.DataFolder, "postmaster.pid")));
        await postgres.RestartAsync(Cancellation);
        Assert.DoesNotContain("not properly shut down", postgres.LogTail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kept_folder_is_opened_again_with_its_data_and_password()
    {
        string folder = Directory.CreateTempSubdirectory("lakehouse-tests-").FullName;
        try
        {
            OpenToAll(folder);
            var options = new PostgresServerOptions { DataFolder = Path.Combine(folder, "cluster"), Fsync = false };
            await using (PostgresServer first = await StartAsync(options))
                await ExecuteAsync(first, "CREATE TABLE t AS SELECT 42 AS n");
            await using PostgresServer again = await StartAsync(options);
            Assert.Equal(42, await ScalarAsync<int>(again, "SELECT n FROM t"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_temporary_folder_goes_with_the_server()
    {
        PostgresServer postgres = await StartAsync();
        int process = postgres.ProcessId;
        await postgres.DisposeAsync();
        Assert.False(Directory.Exists(postgres.DataFolder));
        Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(process));
    }

    [Fact]
    public async Task What_a_killed_process_left_behind_is_deleted_at_the_next_start()
    {
        string abandoned = Path.Combine(PostgresCache.Folder("run"), "cluster-" + Path.GetRandomFileName());
        Directory.CreateDirectory(Path.Combine(abandoned, "data"));
        await File.WriteAllTextAsync(abandoned + ".lock", "", Cancellation);
        // This process has the number that the server had: it is none of PostgreSQL's.
        await File.WriteAllTextAsync(Path.Combine(abandoned, "data", "postmaster.pid"), $"{Environment.ProcessId}\n", Cancellation);
        await using PostgresServer postgres = await StartAsync();
        Assert.False(Directory.Exists(abandoned));
        Assert.True(Directory.Exists(postgres.DataFolder));
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory("lakehouse-tests-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "thesis.txt"), "mine", Cancellation);
            EmbeddedPostgresException error = await Assert.ThrowsAsync<EmbeddedPostgresException>(
                () => StartAsync(new PostgresServerOptions { DataFolder = folder }));
            Assert.Contains("not empty", error.Message, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(folder, "thesis.txt")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_setting_that_the_server_does_not_know_fails_with_the_servers_words()
    {
        var options = new PostgresServerOptions { Settings = new Dictionary<string, string> { ["no_such_setting"] = "1" } };
        EmbeddedPostgresException error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => StartAsync(options));
        Assert.Contains("unrecognized configuration parameter \"no_such_setting\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_fails_with_the_servers_words()
    {
        await using PostgresServer first = await StartAsync();
        EmbeddedPostgresException error = await Assert.ThrowsAsync<EmbeddedPostgresException>(
            () => StartAsync(new PostgresServerOptions { Port = first.Port, StartTimeout = TimeSpan.FromSeconds(20) }));
        Assert.Contains("Address already in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passwords_are_on_no_command_line()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc, which only Linux has.");
        await using PostgresServer postgres = await StartAsync();
        string password = new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Password!;
        string commandLine = await File.ReadAllTextAsync($"/proc/{postgres.ProcessId}/cmdline", Cancellation);
        Assert.DoesNotContain(password, commandLine, StringComparison.Ordinal);
    }

    private static Task<PostgresServer> StartAsync(PostgresServerOptions? options = null)
    {
        Assert.SkipUnless(PostgresServer.IsAvailable, "This build ships no PostgreSQL for this platform.");
        return PostgresServer.StartAsync(options, Cancellation);
    }

    // A root process runs the server as another user, who must be able to enter the folder.
    private static void OpenToAll(string folder)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
    }

    private static async Task<T> ScalarAsync<T>(PostgresServer postgres, string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        object? value = await command.ExecuteScalarAsync(Cancellation);
        return value is DBNull or null ? default! : (T)value;
    }

    private static async Task ExecuteAsync(PostgresServer postgres, string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
