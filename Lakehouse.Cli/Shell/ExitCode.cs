namespace Lakehouse.Cli.Shell;

/// <summary>What the process tells its caller. Scripts rely on these, so they do not change.</summary>
public static class ExitCode
{
    /// <summary>Done, and the answer is yes where there was a question.</summary>
    public const int Done = 0;

    /// <summary>The answer is no (a test failed, an answer differs), or the job failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong; nothing was started.</summary>
    public const int WrongUsage = 2;

    /// <summary>Stopped by Ctrl-C, SIGTERM or SIGHUP after a clean shutdown.</summary>
    public const int Interrupted = 130;
}
