using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Lakehouse.EmbeddedPostgres;

/// <summary>
/// One of PostgreSQL's programs as our child: as the right user, in a session of its own (a Ctrl-C in our terminal is
/// ours to answer), ended by the kernel when we crash (Linux), with the last lines of its output kept.
/// </summary>
internal sealed class PostgresProcess : IDisposable
{
    /// <summary>Fast shutdown: sessions are ended, the cluster is left clean (PostgreSQL, "Shutting Down the Server").</summary>
    public const int Interrupt = 2;

    /// <summary>Immediate shutdown: recovery follows at the next start.</summary>
    public const int Quit = 3;

    private const int KeptLines = 40;

    private readonly ConcurrentQueue<string> output = new();
    private readonly Process process;
    private readonly PostgresFiles files;

    private PostgresProcess(Process process, PostgresFiles files)
    {
        this.process = process;
        this.files = files;
    }

    /// <summary>The operating system's id of the program; for a server that of the postmaster.</summary>
    public int Id => process.Id;

    /// <summary>Whether the program has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>What the program ended with.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>The last lines it wrote, on both streams.</summary>
    public string Output => string.Join(Environment.NewLine, output);

    /// <summary>Starts a program.</summary>
    /// <param name="files">Where the program lies.</param>
    /// <param name="program">Its name.</param>
    /// <param name="workingFolder">A folder that the server's user can enter.</param>
    /// <param name="arguments">No secrets: every user of the machine can read them.</param>
    /// <exception cref="EmbeddedPostgresException">It cannot be started.</exception>
    public static async Task<PostgresProcess> StartAsync(PostgresFiles files, string program, string workingFolder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo
        {
            WorkingDirectory = workingFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (OperatingSystem.IsWindows()) start.CreateNewProcessGroup = true;
        PostgresLaunch.SetEnvironment(start.Environment, files, workingFolder);
        List<string> command = [.. PostgresLaunch.Session(), .. PostgresLaunch.AsUser(workingFolder), files.Program(program), .. arguments];
        start.FileName = command[0];
        foreach (string argument in command.Skip(1)) start.ArgumentList.Add(argument);

        var started = new PostgresProcess(new Process { StartInfo = start }, files);
        started.process.OutputDataReceived += (_, line) => started.Keep(line.Data);
        started.process.ErrorDataReceived += (_, line) => started.Keep(line.Data);
        try
        {
            await LaunchThread.RunAsync(started.process.Start).ConfigureAwait(false);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            started.Dispose();
            throw new EmbeddedPostgresException($"'{start.FileName}' cannot be started: {e.Message}", e);
        }
        started.process.StandardInput.Close();
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        return started;
    }

    /// <summary>
    /// Waits until the program and all its children have ended (they share its output streams), for at most this long.
    /// </summary>
    public async Task<bool> WaitForExitAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Sends the server a signal; nothing happens when it has ended already.</summary>
    public void Signal(int signal)
    {
        if (process.HasExited) return;
        if (!OperatingSystem.IsWindows())
        {
            _ = kill(process.Id, signal);
            return;
        }
        // Windows has no signals; pg_ctl speaks to the pipe on which the postmaster listens for them.
        var start = new ProcessStartInfo(files.Program("pg_ctl")) { UseShellExecute = false, CreateNoWindow = true };
        start.ArgumentList.Add("kill");
        start.ArgumentList.Add(signal == Interrupt ? "INT" : "QUIT");
        start.ArgumentList.Add(process.Id.ToString(CultureInfo.InvariantCulture));
        using Process? sent = Process.Start(start);
        sent?.WaitForExit();
    }

    /// <summary>Ends the program at once, as a crash does; its children notice and end by themselves.</summary>
    public void Kill() => process.Kill();

    /// <inheritdoc/>
    public void Dispose() => process.Dispose();

    private void Keep(string? line)
    {
        if (string.IsNullOrEmpty(line)) return;
        output.Enqueue(line);
        while (output.Count > KeptLines) output.TryDequeue(out _);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);

    /// <summary>
    /// A thread that lives as long as the process. The kernel's parent-death signal comes when the <em>thread</em> that
    /// started the child ends (prctl(2), PR_SET_PDEATHSIG), so no thread of the pool may start a server.
    /// </summary>
    private static class LaunchThread
    {
        private static readonly BlockingCollection<Action> Work = Start();

        public static Task<T> RunAsync<T>(Func<T> action)
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Work.Add(() =>
            {
                try
                {
                    done.SetResult(action());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
            return done.Task;
        }

        private static BlockingCollection<Action> Start()
        {
            var work = new BlockingCollection<Action>();
            var thread = new Thread(() =>
            {
                foreach (Action action in work.GetConsumingEnumerable()) action();
            })
            { IsBackground = true, Name = "PostgreSQL launcher" };
            thread.Start();
            return work;
        }
    }
}
