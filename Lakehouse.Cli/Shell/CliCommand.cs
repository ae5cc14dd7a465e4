using System.CommandLine;

namespace Lakehouse.Cli.Shell;

/// <summary>
/// One subcommand: its options are properties of the derived class, its work is <see cref="RunAsync"/>. Whatever goes
/// wrong there becomes one sentence on standard error and an <see cref="ExitCode"/>; a stack trace only with
/// <c>--verbose</c>.
/// </summary>
public abstract class CliCommand : Command
{
    protected CliCommand(string name, string description)
        : base(name, description) => SetAction(InvokeAsync);

    /// <summary>Shown at the end of <c>--help</c>.</summary>
    public IReadOnlyList<Example> Examples { get; protected init; } = [];

    /// <summary>Does the work and returns an <see cref="ExitCode"/>.</summary>
    protected abstract Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken);

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool verbose = parsed.GetValue(CommonOptions.Verbose);
        try
        {
            int code = await RunAsync(parsed, cancellationToken);
            Terminal.Out.Flush();
            return code;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested) // what breaks while stopping is part of stopping
        {
            Terminal.Error.WriteLine("lakehouse: interrupted");
            return ExitCode.Interrupted;
        }
        catch (BrokenPipeException)
        {
            return ExitCode.Done; // the reader has all it wanted (`lakehouse sql … | head`)
        }
        catch (Exception error) when (!verbose && error is not OutOfMemoryException)
        {
            Terminal.Error.WriteLine(Explanation.Of(error));
            return error is UsageException ? ExitCode.WrongUsage : ExitCode.Failed;
        }
        catch (Exception error)
        {
            Terminal.Error.WriteLine(Explanation.Of(error));
            Terminal.Error.WriteLine(error.ToString());
            return error is UsageException ? ExitCode.WrongUsage : ExitCode.Failed;
        }
    }
}
