using System.Text;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace Lakehouse.Cli.Shell;

/// <summary>
/// The two streams a caller sees: results on <see cref="Out"/>, everything else on <see cref="Error"/>. Neither carries
/// ANSI sequences unless it is a terminal.
/// </summary>
public static class Terminal
{
    private static readonly Lazy<Stream> StandardOutput = new(OpenStandardOutput);
    private static readonly Lazy<StreamWriter> OutWriter = new(() => new StreamWriter(StandardOutput.Value, Utf8, 1 << 16));
    private static readonly Lazy<IAnsiConsole> ErrorConsole = new(() => ConsoleOver(System.Console.Error));
    private static readonly Lazy<IAnsiConsole> OutConsole = new(() => ConsoleOver(Out));

    /// <summary>Results. Buffered; a command's end flushes it. A reader that went away is a <see cref="BrokenPipeException"/>.</summary>
    public static TextWriter Out => OutWriter.Value;

    /// <summary>The bytes below <see cref="Out"/>, for writers of their own encoding; flush <see cref="Out"/> first.</summary>
    public static Stream OutStream => StandardOutput.Value;

    /// <summary>Progress, notes and errors.</summary>
    public static TextWriter Error => System.Console.Error;

    /// <summary>Standard error for progress bars and colour.</summary>
    public static IAnsiConsole ErrorMarkup => ErrorConsole.Value;

    /// <summary>Standard output for tables meant for people.</summary>
    public static IAnsiConsole OutMarkup => OutConsole.Value;

    /// <summary>Whether somebody watches standard error, so that a moving progress bar makes sense.</summary>
    public static bool ErrorIsInteractive => !System.Console.IsErrorRedirected;

    private static Encoding Utf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>
    /// .NET's console stream swallows a broken pipe, and a long query would run on for nobody. A file cannot break, and
    /// others may write to it as well, which a stream with a position of its own would overwrite.
    /// </summary>
    private static Stream OpenStandardOutput()
    {
        if (OperatingSystem.IsWindows())
            return System.Console.OpenStandardOutput();
        FileStream output = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return output.CanSeek ? System.Console.OpenStandardOutput() : new PipeStream(output);
    }

    private static IAnsiConsole ConsoleOver(TextWriter writer)
    {
        bool terminal = writer == System.Console.Error ? !System.Console.IsErrorRedirected : !System.Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new WriterOutput(writer, terminal),
        });
        if (!terminal)
            console.Profile.Width = 200; // nothing wraps in a file
        return console;
    }

    private sealed class WriterOutput(TextWriter writer, bool terminal) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => terminal;

        public int Width => terminal ? System.Console.WindowWidth : 200;

        public int Height => terminal ? System.Console.WindowHeight : 50;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
