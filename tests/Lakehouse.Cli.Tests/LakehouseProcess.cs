using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Lakehouse.Cli.Tests;

/// <summary>What a finished <c>lakehouse</c> left: its exit code and both streams.</summary>
public sealed record LakehouseResult(int ExitCode, string Out, string Error)
{
    public override string ToString() => $"exit code {ExitCode}\n--- stdout\n{Out}\n--- stderr\n{Error}";
}

/// <summary>The built <c>lakehouse</c> executable as a process, as a shell would run it.</summary>
public sealed partial class LakehouseProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);
    private readonly Process _process;

    private LakehouseProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>The executable beside the tests.</summary>
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "lakehouse.exe" : "lakehouse");

    /// <summary>Starts it; standard input stays open until <see cref="CloseInput"/>.</summary>
    public static LakehouseProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        // Who starts the tests with nohup, or in the background of a script, has them ignore Ctrl-C, and so would every child:
        // an ignored signal is inherited. A user's shell does not do that.
        string[] shell = IgnoresInterrupt() ? ["env", "--default-signal=HUP,INT,QUIT", Executable] : [Executable];
        ProcessStartInfo start = new(shell[0], shell[1..].Concat(arguments))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        start.Environment.Remove("LAKEHOUSE_LAKE");
        start.Environment.Remove("LAKEHOUSE_SOURCE");
        start.Environment.Remove("LAKEHOUSE_PROJECT");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return new LakehouseProcess(Process.Start(start)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static Task<LakehouseResult> RunAsync(params string[] arguments) => RunAsync(arguments, input: null);

    /// <summary>Runs it to its end with a text on standard input.</summary>
    public static async Task<LakehouseResult> RunAsync(IEnumerable<string> arguments, string? input, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        using LakehouseProcess process = Start(arguments, environment, folder);
        if (input is not null)
            await process._process.StandardInput.WriteAsync(input);
        process.CloseInput();
        return await process.EndAsync();
    }

    /// <summary>The next line of standard error.</summary>
    public async Task<string?> ErrorLineAsync()
    {
        using CancellationTokenSource deadline = new(Deadline);
        return await _process.StandardError.ReadLineAsync(deadline.Token);
    }

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for its end and reads what is left of its output.</summary>
    public async Task<LakehouseResult> EndAsync()
    {
        using CancellationTokenSource deadline = new(Deadline);
        Task<string> error = _process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await _process.StandardOutput.ReadToEndAsync(deadline.Token);
        await _process.WaitForExitAsync(deadline.Token);
        return new LakehouseResult(_process.ExitCode, output, await error);
    }

    /// <summary>Sends a signal, as Ctrl-C (2) or <c>kill</c> (15) does.</summary>
    public void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
            throw new InvalidOperationException($"kill({_process.Id}, {signal}) failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static bool IgnoresInterrupt()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        string ignored = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[7..].Trim();
        const int interrupt = 2;
        return (ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (interrupt - 1))) != 0;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
