using System.CommandLine;
using System.CommandLine.Parsing;

namespace Lakehouse.Cli.Shell;

/// <summary>Answers to command lines that cannot be run.</summary>
public static class Usage
{
    /// <summary>Says on standard error what is wrong with the command line and where to read on.</summary>
    public static int Report(ParseResult parsed)
    {
        foreach (ParseError error in parsed.Errors)
            Terminal.Error.WriteLine($"lakehouse: {error.Message}");
        Terminal.Error.WriteLine($"Try '{CommandPath(parsed.CommandResult)} --help'.");
        return ExitCode.WrongUsage;
    }

    /// <summary><c>lakehouse</c> alone asks for nothing: the overview goes to standard error.</summary>
    public static int NoCommand(ParseResult parsed)
    {
        parsed.RootCommandResult.Command.Parse("--help").Invoke(new InvocationConfiguration { Output = Terminal.Error });
        return ExitCode.WrongUsage;
    }

    private static string CommandPath(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{CommandPath(parent)} {command.Command.Name}" : "lakehouse";
}
