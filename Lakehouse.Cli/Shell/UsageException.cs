namespace Lakehouse.Cli.Shell;

/// <summary>The command line cannot be run as given, found out only after parsing; ends in <see cref="ExitCode.WrongUsage"/>.</summary>
public sealed class UsageException(string message) : Exception(message);
