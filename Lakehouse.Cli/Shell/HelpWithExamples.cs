using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Lakehouse.Cli.Shell;

/// <summary>The library's help, followed by the command's <see cref="CliCommand.Examples"/>.</summary>
public sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private readonly SynchronousCommandLineAction _help;

    private HelpWithExamples(SynchronousCommandLineAction help) => _help = help;

    public override bool ClearsParseErrors => true;

    /// <summary>Makes the help option of <paramref name="root"/> show examples, for it and every command below.</summary>
    public static void Use(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((SynchronousCommandLineAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = _help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not CliCommand { Examples.Count: > 0 } command)
            return code;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (Example example in command.Examples)
        {
            output.WriteLine($"  {example.CommandLine}");
            output.WriteLine($"      {example.What}");
        }
        output.WriteLine();
        return code;
    }
}
